from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    name = "reservations"

    def ready(self) -> None:
        """Registers this app's part of a drop's facts with `drops`, which may not import us; the ledger's accounts exist
        wherever its tables do."""
        from drops import facts as drop_facts
        from drops import plan_rules, schedule
        from drops.stock import facts as stock_facts
        from dropshop.core import notice_groups, settings_page
        from dropshop.core.hooks import after_migrate
        from dropshop.core.retention import rules
        from dropshop.core.rotation import OwnForm, own_forms
        from reservations.addresses import views as addresses
        from reservations.holds.facts import size_facts
        from reservations.orders import recipients
        from reservations.orders.forget import forget_with_end
        from reservations.orders.moves import moved
        from reservations.payment_methods import views as payment_methods
        from reservations.payments import limits, news
        from reservations.payments.events import payments as payment_events
        from reservations.payments.events.handle import event_handlers
        from reservations.payments.ledger.accounts import create_accounts
        from reservations.payments.provider import receipts_of
        from reservations.payments.stripe.webhook import MONEY_BACK_KINDS, PAYMENT_KINDS
        from reservations.purchases import receipts
        from reservations.purchases.facts import buyers
        from reservations.refunds import events as refund_events
        from reservations.refunds.locked import end_where_all_is_back, money_moved
        from reservations.retention import RULES
        from reservations.seeds.seal import seal_on_publishing
        from reservations.withdrawals.money import follow, follow_money

        settings_page.parts.add("addresses", addresses.PART)
        settings_page.parts.add("paying", payment_methods.PART)
        own_forms.add("words of recipients", OwnForm(recipients.store_words, recipients.left_of_words))
        stock_facts.hold_expressions.fill(size_facts)
        drop_facts.buyers.fill(buyers)
        plan_rules.price_fault.fill(limits.fault)
        schedule.published.add("seeds", seal_on_publishing)
        receipts_of.fill(receipts.receipts_of)
        notice_groups.groups.add("orders", news.GROUP)
        moved.add("refunds", end_where_all_is_back)
        for kind in MONEY_BACK_KINDS:
            event_handlers.add(kind, refund_events.take_in)
        for kind in PAYMENT_KINDS:
            event_handlers.add(kind, payment_events.look_soon)
        moved.add("addresses of those who left", forget_with_end, rank=2)
        moved.add("withdrawals", follow, rank=1)
        money_moved.add("withdrawals", follow_money)
        for name, rule in RULES.items():
            rules.add(name, rule)
        after_migrate.add("ledger", create_accounts, rank=2)
        self._add_queue()
        _add_draws()
        self._add_requests()

    def _add_queue(self) -> None:
        """What drops and passes ask of queues."""
        from drops import plan_rules, schedule
        from dropshop.core import notice_groups
        from reservations.holds import reserve
        from reservations.passes import requirements, tokens
        from reservations.queue import news
        from reservations.queue.join import has_begun
        from reservations.queue.state import open_with
        from reservations.queue.turn import TURN, end_of_turn, missing_turn, turns_of

        schedule.published.add("queue", open_with)
        plan_rules.begun.add("queue", has_begun)
        notice_groups.groups.add("queues", news.GROUP)
        requirements.registry.add(TURN, missing_turn)
        tokens.ends.add(TURN, end_of_turn)
        reserve.turns.fill(turns_of)

    def _add_requests(self) -> None:
        """Purchase requests come before the people at the page, who are counted when they get their pass."""
        from dropshop.core import notice_groups
        from reservations.holds import reserve
        from reservations.passes.giving import given
        from reservations.requests import bell, news, visitors

        notice_groups.groups.add("requests", news.GROUP)
        reserve.at_the_page.fill(bell.at_the_page)
        given.add("people at the page", visitors.note)


def _add_draws() -> None:
    """What draws do when a drop is published or called off, what they ask of members, and what they tell them."""
    from drops import plan_rules, schedule
    from dropshop.core import notice_groups
    from reservations.draws import open_draw, telling
    from reservations.passes import requirements

    schedule.published.add("draws", open_draw.on_publishing, rank=1)
    schedule.called_off.add("draws", open_draw.on_calling_off)
    plan_rules.begun.add("draws", open_draw.has_begun)
    requirements.registry.add("draw", open_draw.lacks_a_draw)
    notice_groups.groups.add("draws", telling.GROUP)
