"""Pages of holds, sales, and the built-in bank."""

from django.urls import path
from django.views.generic import TemplateView

from reservations.addresses import postcode_views
from reservations.addresses import views as addresses
from reservations.checkout import draw_views, queue_views, receipt_views, views
from reservations.draws import views as draws
from reservations.orders import views as orders
from reservations.payment_methods import views as payment_methods
from reservations.payments.stripe import webhook
from reservations.payments.test_bank import views as testbank
from reservations.requests import views as requests
from reservations.withdrawals import views as withdrawals

urlpatterns = [
    path("drops/<slug:slug>/hold/", views.hold, name="hold"),
    path("queues/", TemplateView.as_view(template_name="reservations/queue/rules.html"), name="queue_rules"),
    path("drops/<slug:slug>/draw/", draws.draw, name="draw"),
    path("drops/<slug:slug>/draw/entry/", draw_views.enter, name="enter_draw"),
    path("drops/<slug:slug>/draw/withdrawal/", draw_views.withdraw, name="withdraw_entry"),
    path("drops/<slug:slug>/draw/<str:name>", draws.file, name="draw_file"),
    path("drops/<slug:slug>/queue/", queue_views.join, name="join_queue"),
    path("drops/<slug:slug>/queue/sizes/", queue_views.choose, name="queue_sizes"),
    path("drops/<slug:slug>/queue/leaving/", queue_views.leave, name="leave_queue"),
    path("reservations/<uuid:pk>/", views.checkout, name="checkout"),
    path("reservations/<uuid:pk>/charges/", views.charges, name="hold_charges"),
    path("reservations/<uuid:pk>/purchase/", views.purchase, name="purchase"),
    path("reservations/<uuid:pk>/extension/", views.extension, name="extension"),
    path("reservations/<uuid:pk>/cancellation/", views.cancellation, name="cancellation"),
    path("postcodes/", postcode_views.postcode, name="postcode"),
    path("accounts/settings/addresses/new/", addresses.new, name="new_address"),
    path("accounts/settings/addresses/<uuid:pk>/", addresses.change, name="change_address"),
    path("accounts/settings/addresses/<uuid:pk>/removal/", addresses.remove, name="remove_address"),
    path("orders/", views.orders, name="orders"),
    path("orders/<uuid:pk>/", views.order, name="order"),
    path("orders/<uuid:pk>/receipt.pdf", receipt_views.receipt, name="receipt"),
    path("orders/<uuid:pk>/address/", orders.address, name="order_address"),
    path("drops/<slug:slug>/request/", requests.ask, name="file_request"),
    path("requests/", requests.mine, name="requests"),
    path("requests/<uuid:pk>/withdrawal/", requests.withdraw, name="withdraw_request"),
    path("withdraw/", withdrawals.withdrawal, name="withdraw"),
    path("withdraw/confirmation/", withdrawals.confirmation, name="withdrawal_confirmation"),
    path("payment-methods/", payment_methods.add, name="add_payment_method"),
    path("payment-methods/<uuid:pk>/first/", payment_methods.use_first, name="use_payment_method_first"),
    path("payment-methods/<uuid:pk>/removal/", payment_methods.remove, name="remove_payment_method"),
    path("payment-methods/<uuid:pk>/confirmed/", payment_methods.confirmed, name="payment_method_confirmed"),
    path("test-bank/<uuid:pk>/", testbank.confirmation, name="test_bank"),
    path("webhooks/stripe/", webhook.receive, name="stripe_webhook"),
]
