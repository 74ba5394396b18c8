# The image of every process of Vigie: the site, the scheduler, the workers, the commands.
# Build: docker build --tag vigie:0.1.0 .      With a browser for portals made by script: --build-arg WITH_CHROMIUM=1

FROM python:3.11.14-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/vigie
COPY requirements.lock /src/
RUN /opt/vigie/bin/python -m pip install --require-hashes --requirement /src/requirements.lock
COPY . /src/
RUN /opt/vigie/bin/python -m pip install --no-deps --no-build-isolation /src

FROM python:3.11.14-slim-trixie
ARG WITH_CHROMIUM=0
# pg_dump and pg_restore of `vigie backup` and `vigie restore` must not be older than the server.
RUN set -eu; \
    packages="postgresql-client ca-certificates"; \
    if [ "$WITH_CHROMIUM" = 1 ]; then packages="$packages chromium"; fi; \
    apt-get update; \
    apt-get install --yes --no-install-recommends $packages; \
    rm -rf /var/lib/apt/lists/*; \
    groupadd --gid 10001 vigie; \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin vigie; \
    install --directory --owner=10001 --group=10001 --mode=0750 /data /archive /backups
COPY --from=build /opt/vigie /opt/vigie
ENV PATH=/opt/vigie/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VIGIE_DATA_DIR=/data
# The root of the file system may be read-only: what is written goes to /data, /archive, /backups and /tmp.
WORKDIR /data
VOLUME ["/data", "/archive"]
USER 10001:10001
EXPOSE 8080
# Of the site, also within `vigie up`; a scheduler and a worker are asked otherwise, see compose.yaml.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 CMD ["vigie", "health", "web"]
ENTRYPOINT ["vigie"]
CMD ["up"]
