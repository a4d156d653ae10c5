"""In two transactions: the second reads all members and stops nobody who writes one meanwhile."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('community', '0011_meetups_to_come'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('geohash__regex', '^([0-9b-hjkmnp-z]{3,5})?$')), name='member_area_is_coarse', violation_error_message='An area is a geohash of three to five letters.'),
        ),
        ValidateConstraint(
            model_name='member',
            name='member_area_is_coarse',
        ),
    ]
