# Masteria on one machine or many: the same image runs `masteria up` (everything, with its own PostgreSQL and Redis)
# and each part alone (`masteria web`, `worker`, `scheduler`) against servers named by DATABASE_URL and REDIS_URL.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 UV_LINK_MODE=copy UV_NO_DEV=1 PATH=/app/.venv/bin:$PATH
RUN pip install --no-cache-dir uv && useradd --system --create-home --home-dir /home/masteria masteria
WORKDIR /app

# the packages first: they change less often than the code
COPY pyproject.toml README.md LICENSE ./
RUN uv sync --no-install-project

COPY . .
RUN uv sync && mkdir /data && masteria build && chown masteria /data

USER masteria
ENV MASTERIA_DATA_DIR=/data MASTERIA_HOST=0.0.0.0
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=90s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/healthz', timeout=3)"]
CMD ["masteria", "up"]
