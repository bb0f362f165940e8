# One image for every process of Sona, selected by the command. All packages are wheels, so no build tools are needed.
# The Python version is the one that CI tests; tests/docs/test_compose.py compares them.
FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.lock .
RUN python -m venv --without-pip /opt/sona \
    && python -m pip --python /opt/sona/bin/python install --no-cache-dir --disable-pip-version-check \
        --no-deps --require-hashes --only-binary :all: -r requirements.lock \
    && printf '#!/bin/sh\nexec /opt/sona/bin/python -m workers "$@"\n' >/opt/sona/bin/sona \
    && chmod 755 /opt/sona/bin/sona

FROM python:3.11-slim
RUN groupadd --gid 10001 sona \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/sona --create-home --shell /usr/sbin/nologin sona
COPY --from=packages /opt/sona /opt/sona
WORKDIR /srv/sona
COPY core core
COPY bots bots
COPY storage storage
COPY workers workers
COPY migrations migrations
COPY courses courses
RUN /opt/sona/bin/python -m compileall -q .
ENV PATH=/opt/sona/bin:$PATH \
    PYTHONPATH=/srv/sona \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SONA_HOME=/var/lib/sona \
    SONA_HOST=0.0.0.0
USER 10001:10001
VOLUME /var/lib/sona
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["sona"]
CMD ["web"]
