"""Addresses of sign-in, setup and health. What is under /embed/ may be framed by Bigin."""

from django.urls import path

from accounts import setup_views, sign_in_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.front, name="front"),
    path("healthz", views.healthz, name="healthz"),
    path("sign-in/start/", sign_in_views.sign_in_start, name="sign_in_start"),
    path("connect/start/<slug:product>/", sign_in_views.connect_start, name="connect_start"),
    path("oauth/callback/", sign_in_views.callback, name="callback"),
    path("embed/settings/", views.settings_page, name="settings"),
    path("embed/sign-in/redeem/", sign_in_views.redeem, name="redeem"),
    path("embed/sign-in/check/", sign_in_views.check, name="check"),
    path("embed/sign-in/done/", sign_in_views.done, name="done"),
    path("embed/sign-out/", sign_in_views.sign_out, name="sign_out"),
    path("embed/setup/", setup_views.setup_page, name="setup"),
    path("embed/setup/connections/", setup_views.connections_page, name="connections"),
]
