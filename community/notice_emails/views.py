"""The page that a link in an e-mail leads to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from community.notice_emails import unsubscribing


@csrf_exempt  # mail programs post without having seen the page (RFC 8058): the signed link is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks, and by a POST ends these e-mails. A GET changes nothing: scanners and previews open every link."""
    link = unsubscribing.opened(token)
    ended = request.method == "POST"
    if ended:
        unsubscribing.end(link)
    return render(request, "community/notice_emails/unsubscribe.html", {"title": link.title, "ended": ended})
