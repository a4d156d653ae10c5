"""The API's wiring: addresses, sign-in, paging, tags, idempotency and the document. The calls themselves live in the apps."""
