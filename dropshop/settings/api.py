"""The API and its document."""

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dropshop.core.api.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dropshop.core.api.authentication.BearerAuthentication",
        "dropshop.core.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dropshop.core.api.negotiation.JSONAlone",
    "DEFAULT_SCHEMA_CLASS": "dropshop.core.api.schema.ShopSchema",
    "EXCEPTION_HANDLER": "dropshop.core.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "dropshop API",
    "DESCRIPTION": "Drops, holds and purchases. Times are ISO 8601 in UTC, public ids are UUIDs, and every refusal is "
    "`application/problem+json` with a code that is [explained](/api/docs/errors).",
    "VERSION": "1",
    "LICENSE": {"name": "MIT"},
    "TAGS": [
        {"name": name}
        for name in (
            "drops",
            "reservations",
            "purchases",
            "addresses",
            "payment-methods",
            "users",
            "sneakers",
            "closet",
            "restocks",
            "events",
            "community",
            "notices",
            "karma",
            "staff",
        )
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["dropshop.core.api.schema.without_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dropshop.core.api.schema.in_problems",
        "dropshop.core.api.schema.in_order",
        "dropshop.core.api.examples.in_examples",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "displayRequestDuration": True},
    "ENUM_NAME_OVERRIDES": {
        "Phase": "drops.models.Phase",
        "Access": "drops.models.Access",
        "Tint": "drops.models.Tint",
        "ReservationStatus": "reservations.models.Reservation.Status",
        "PurchaseStatus": "reservations.models.Purchase.Status",
        "WithdrawalStatus": "reservations.models.Withdrawal.Status",
        "Condition": "community.closet.facts.CONDITIONS",
        "Visibility": "community.models.Visibility",
        "AttendanceStatus": "community.models.Attendance.Status",
        "RequestStatus": "reservations.requests.models.Status",
        "EntryState": "reservations.requests.draw_entries.STATES",
        "TradeStatus": "community.models.Trade.Status",
        "ComplaintReason": "community.models.Complaint.Reason",
        "ComplaintAbout": "community.moderation.models.TARGETS",
        "FeedKind": "community.models.FeedItem.Kind",
        "RestockStatus": "community.models.Restock.Status",
    },
}
