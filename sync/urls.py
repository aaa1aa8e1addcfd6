"""The addresses of the sync's screens: embedded, for administrators, but for a record's badge; and Bigin's own door."""

from django.urls import path

from sync.views import activity, configure, conflicts, files, home, hooks, issues, pairs, preview, record, undo

app_name = "sync"

urlpatterns = [
    path("hooks/bigin/<uuid:installation_id>/", hooks.bigin, name="hook"),
    path("embed/sync/", home.home, name="home"),
    path("embed/sync/progress/", home.progress_now, name="progress"),
    path("embed/sync/now/", home.sync_now, name="now"),
    path("embed/sync/start/", home.start, name="start"),
    path("embed/sync/health/", activity.health_page, name="health"),
    path("embed/sync/preview/", preview.preview, name="preview_all"),
    path("embed/sync/activity/", activity.runs, name="activity"),
    path("embed/sync/activity/records/", activity.records, name="records"),
    path("embed/sync/runs/<int:pk>/", activity.run, name="run"),
    path("embed/sync/runs/<int:pk>/approve/", undo.approve, name="approve"),
    path("embed/sync/runs/<int:pk>/refuse/", undo.refuse, name="refuse"),
    path("embed/sync/runs/<int:pk>/undo/", undo.whole_run, name="undo_run"),
    path("embed/sync/writes/<int:pk>/undo/", undo.one_write, name="undo"),
    path("embed/sync/issues/", issues.issues, name="issues"),
    path("embed/sync/issues/bulk/", issues.bulk, name="issues_bulk"),
    path("embed/sync/issues/<int:pk>/", issues.issue, name="issue"),
    path("embed/sync/issues/<int:pk>/<slug:action>/", issues.act, name="issue_act"),
    path("embed/sync/conflicts/", conflicts.conflicts, name="conflicts"),
    path("embed/sync/conflicts/bulk/", conflicts.bulk, name="conflicts_bulk"),
    path("embed/sync/conflicts/<int:pk>/", conflicts.resolve, name="conflict"),
    path("embed/sync/pairs/", pairs.pairs, name="pairs"),
    path("embed/sync/pairs/link/", pairs.link, name="link"),
    path("embed/sync/pairs/link/<int:pk>/", pairs.link_form, name="link_form"),
    path("embed/sync/pairs/import/", pairs.bring_back, name="pairs_import"),
    path("embed/sync/pairs/<int:pk>/", pairs.pair, name="pair"),
    path("embed/sync/pairs/<int:pk>/create-again/", pairs.create_again, name="create_again"),
    path("embed/sync/pairs/<int:pk>/unlink/", pairs.unlink, name="unlink"),
    path("embed/sync/export/<slug:what>/", files.export, name="export"),
    path("embed/sync/file/<str:secret>/", files.file, name="file"),
    path("embed/sync/record/<slug:module>/<str:record_id>/", record.badge, name="record"),
    path("embed/sync/record/<slug:module>/<str:record_id>/now/", record.sync_record, name="record_now"),
    path("embed/sync/<slug:module>/configure/", configure.configure, name="configure"),
    path("embed/sync/<slug:module>/preview/", preview.preview, name="preview"),
    path("embed/sync/<slug:module>/pause/", home.pause, name="pause"),
    path("embed/sync/<slug:module>/resume/", home.resume, name="resume"),
    path("embed/sync/<slug:module>/read-only/", home.read_only, name="read_only"),
]
