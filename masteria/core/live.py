"""The announcement after a commit: a topic and an id over Redis, never content. Screens read again."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from uuid import UUID

from redis import RedisError
from redis import asyncio as aio

from masteria.core.redis import bell_url, bells
from masteria.enums import Topic

log = logging.getLogger(__name__)
PREFIX = "masteria:live:"


def publish(company_id: UUID, topic: Topic, row_id: UUID) -> None:
    """Tell whoever watches."""
    publish_all(company_id, [(topic, row_id)])


def publish_all(company_id: UUID, announced: Iterable[tuple[Topic, UUID]]) -> None:
    """Tell whoever watches, in one go; a lost announcement is repaired by the next read, so Redis may be away."""
    try:
        with bells().pipeline(transaction=False) as pipe:
            for topic, row_id in announced:
                pipe.publish(f"{PREFIX}{company_id}", json.dumps({"topic": topic, "id": str(row_id)}))
            pipe.execute()
    except RedisError as error:
        log.warning("not announced (%s)", error)


async def changes() -> AsyncIterator[tuple[UUID, Topic, str]]:
    """Every announcement of every company, for ever; reconnects by itself."""
    delay = 0.2
    while True:
        client = aio.from_url(bell_url(), health_check_interval=15)
        try:
            async with client.pubsub() as listener:
                await listener.psubscribe(f"{PREFIX}*")
                delay = 0.2
                async for message in listener.listen():
                    if message["type"] == "pmessage":
                        yield _parsed(message)
        except RedisError as error:
            log.warning("announcements lost (%s), again in %.1f s", error, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 10)
        finally:
            await client.aclose()


def _parsed(message: dict[str, bytes]) -> tuple[UUID, Topic, str]:
    content = json.loads(message["data"])
    company_id = UUID(message["channel"].decode().removeprefix(PREFIX))
    return company_id, Topic(content["topic"]), content["id"]
