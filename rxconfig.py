"""Names the app and how it is built and served; values come from masteria.config, nothing more."""

import reflex as rx

from masteria.config import settings
from masteria.run.build import MasteriaPlugin, SlimRadix

PORT = settings().port

config = rx.Config(
    app_name="masteria",
    frontend_port=PORT,
    backend_port=PORT,
    backend_host="127.0.0.1",
    redis_url=f"{settings().redis_url}/0" if settings().redis_url else None,
    redis_token_expiration=12 * 3600,
    cors_allowed_origins=list(settings().origins),
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_lazy_bundled_libraries=True,
    frontend_compression_formats=["gzip", "brotli"],
    plugins=[SlimRadix(), MasteriaPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
