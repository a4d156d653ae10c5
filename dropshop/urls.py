"""Every address of the shop."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from dropshop.core.api import docs, socket_document
from dropshop.core.outbox import webhook
from dropshop.demo import mailbox
from dropshop.edge import media

urlpatterns = [
    path("", include("drops.urls")),
    path("", include("reservations.urls")),
    path("", include("community.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("dropshop.api_urls")),
    path("api/schema/", docs.document, name="schema"),
    path("api/asyncapi/", socket_document.document, name="asyncapi"),
    path("api/docs/", docs.browser, name="api_docs"),
    path("api/docs/errors", docs.errors, name="api_errors"),
    # Django's way from a number to a page asks nobody's permission; the shop has no use for it.
    path("admin/r/<path:url>", admin.site.admin_view(admin.site.catch_all_view)),
    path("admin/", admin.site.urls),
    path("sources/", TemplateView.as_view(template_name="sources.html"), name="sources"),
    *webhook.addresses(),
    path("_mail/", mailbox.listing, name="demo_mailbox"),
    path("_mail/<uuid:pk>/", mailbox.page, name="demo_email"),
    path("_mail/<uuid:pk>/html/", mailbox.html, name="demo_email_html"),
    path("media/<path:path>", media.picture),
]

handler400 = "dropshop.edge.error_pages.bad_request"
handler403 = "dropshop.edge.error_pages.forbidden"
handler404 = "dropshop.edge.error_pages.not_found"
handler500 = "dropshop.edge.error_pages.server_error"
