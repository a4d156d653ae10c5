"""When the sweeper last ran, for `/readyz`; in PostgreSQL, so that an emptied Redis does not look like a dead sweeper."""

from django.db import models


class SweeperRun(models.Model):
    """One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="sweeper_run_is_one_row"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC"
