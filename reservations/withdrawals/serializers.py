"""Withdrawals as the API describes them."""

from rest_framework import serializers

from reservations.withdrawals.models import Withdrawal


class WithdrawalSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    purchase = serializers.UUIDField()
    created_at = serializers.DateTimeField(help_text="When the shop received it.")
    deadline = serializers.DateTimeField(help_text="When the money is back at the latest, once the pair is.")
    status = serializers.ChoiceField(Withdrawal.Status.choices)


class WithdrawnSerializer(serializers.Serializer):
    withdrawal = WithdrawalSerializer()
