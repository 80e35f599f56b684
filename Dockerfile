# One image for every part: web, worker, scheduler; `masteria up` runs them all in one container.
FROM python:3.11-slim-bookworm
RUN pip install --no-cache-dir uv && useradd --create-home masteria
WORKDIR /app
COPY --chown=masteria . .
USER masteria
RUN uv sync --no-dev
ENV MASTERIA_DATA_DIR=/data MASTERIA_HOST=0.0.0.0
VOLUME /data
EXPOSE 3000
CMD ["uv", "run", "--no-dev", "masteria", "up", "--data-dir", "/data"]
