# The product for production (target `product`, the default) and the stand-in for Zoho to try it with (`sandbox`).

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt ./
RUN pip install --require-hashes --no-deps -r requirements.txt
COPY manage.py ./
COPY bigin_books bigin_books
COPY zoho zoho
COPY accounts accounts
COPY sync sync
COPY invoices invoices
COPY templates templates
COPY static static
COPY docs docs
# Values that only have to be there: nothing is connected to and nothing of them is kept.
RUN SECRET_KEY=build FIELD_KEYS=build DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input

FROM build AS sandbox-build
COPY requirements-demo.txt ./
RUN pip install --require-hashes --no-deps -r requirements-demo.txt

FROM python:3.11-slim AS runtime
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --create-home --home-dir /home/app app
WORKDIR /app
USER app

FROM runtime AS sandbox
COPY --from=sandbox-build /opt/venv /opt/venv
COPY sandbox sandbox
EXPOSE 9000
CMD ["python", "-m", "sandbox", "--host", "0.0.0.0", "--port", "9000"]

FROM runtime AS product
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
EXPOSE 8000
CMD ["gunicorn", "bigin_books.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
