"""The withdrawal function (Directive 2011/83/EU, Article 11a): two steps, for members and for anybody who knows their order.

Works without JavaScript, without a session, and asks for no reason.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dropshop.core.clock import database_time
from dropshop.core.ids import find_by_id
from dropshop.core.limits import limit
from dropshop.core.members import signed_in
from dropshop.core.posted import posted
from reservations.orders.finding import read_number
from reservations.purchases.models import Purchase
from reservations.withdrawals import statements
from reservations.withdrawals.errors import OrderEnded, WithdrawalClosed
from reservations.withdrawals.facts import contract, next_steps
from reservations.withdrawals.forms import WithdrawalForm
from reservations.withdrawals.models import Withdrawal
from reservations.withdrawals.period import is_on, require_open
from reservations.withdrawals.statements import Statement
from reservations.withdrawals.strangers import find_order
from reservations.withdrawals.withdraw import WithdrawalResult, withdraw

NO_SUCH_ORDER = "There is no order with this number and e-mail address."
START_AGAIN = "This took too long. Please start again."


@never_cache
@require_http_methods(["GET", "POST"])
def withdrawal(request: HttpRequest) -> HttpResponse:
    """The form (GET); what is about to be withdrawn from, to be confirmed (POST)."""
    if not is_on():
        raise Http404
    if request.method == "GET":
        return _form(request, WithdrawalForm(initial=_known(request)))
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        return _form(request, form)
    order = _find(request, form.cleaned_data["number"], form.cleaned_data["email"])
    if order is None:
        return _form(request, form, NO_SUCH_ORDER)
    return _to_confirm(request, order, form)


def _to_confirm(request: HttpRequest, order: Purchase, form: WithdrawalForm) -> HttpResponse:
    """The second step; where this was done before, the receipt again."""
    done = Withdrawal.objects.filter(purchase=order).select_related("purchase__drop", "purchase__size").first()
    if done is not None:
        return _receipt(request, WithdrawalResult(done, created=False))
    try:
        require_open(order, database_time())
    except (OrderEnded, WithdrawalClosed) as refusal:
        return _form(request, form, refusal.detail)
    stated = Statement(order.pk, **form.statement())
    context = {"order": order, "stated": stated, "signed": statements.sign(stated), "contract": contract(order)}
    return render(request, "reservations/withdrawals/confirm.html", context)


@never_cache
@posted("withdraw")
def confirmation(request: HttpRequest) -> HttpResponse:
    """It is done, and says when it was received and what happens next. A second time it says the same again."""
    if not is_on():
        raise Http404
    stated = statements.read(request.POST.get("statement", ""))
    if stated is None:
        return _form(request, WithdrawalForm(initial=_known(request)), START_AGAIN)
    member = signed_in(request.user)
    is_mine = member is not None and member.purchases.filter(pk=stated.order).exists()
    try:
        result = withdraw(stated.order, name=stated.name, email=stated.email, by=member if is_mine else None)
    except (OrderEnded, WithdrawalClosed) as refusal:
        return _form(request, WithdrawalForm(initial=_known(request)), refusal.detail)
    return _receipt(request, result)


def _find(request: HttpRequest, number: str, email: str) -> Purchase | None:
    """The order that is meant: one of the reader's own, by its number alone; else by both. Raises RateLimited."""
    member = signed_in(request.user)
    if member is not None:
        mine = member.purchases.filter(number=read_number(number)).select_related("drop", "size").first()
        if mine is not None:
            limit("withdraw", request)
            return mine
    limit("withdraw-by-number", request, account=read_number(number) or number)
    return find_order(number, email)


def _known(request: HttpRequest) -> dict[str, Any]:
    """What a member need not type: the address of the account, and of the order that the query string names the rest."""
    member = signed_in(request.user)
    if member is None:
        return {}
    order = find_by_id(member.purchases.all(), request.GET.get("order", ""))
    about = {} if order is None else {"number": order.number, "name": order.address.get("name", "")}
    return {"email": member.email, **about}


def _form(request: HttpRequest, form: WithdrawalForm, refused: str = "") -> HttpResponse:
    """The first step; with `refused`, above the form, why this did not work."""
    context = {"form": form, "refused": refused, "days": settings.WITHDRAWAL_DAYS}
    status = 400 if refused or form.errors else 200
    return render(request, "reservations/withdrawals/withdraw.html", context, status=status)


def _receipt(request: HttpRequest, result: WithdrawalResult) -> HttpResponse:
    """When it was received, and what happens next; name and address only to whoever has just stated them."""
    made = result.withdrawal
    context = {"withdrawal": made, "contract": contract(made.purchase), "is_new": result.created, **next_steps(made)}
    return render(request, "reservations/withdrawals/done.html", context)
