"""httpx alone: the requests that a run has made, sent again, and nothing done with what comes back.

`replay.py API` asks the server for its record and sends it, eight requests at a time, over one client for each origin.
"""

from __future__ import annotations

import asyncio
import sys

import httpx

AT_ONCE = 8


async def replay(api: str) -> None:
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        told = (await client.get(f"{api}/_bench?log=1")).json()
        addresses, waiting = told["origins"], iter(told["log"])
        headers = {"Authorization": "Token bench", "Content-Type": "application/json"}

        async def send() -> None:
            for _, origin, method, target, body in waiting:
                own = headers if origin == "api" else {"Accept-Encoding": "identity"}
                answer = await client.request(method, addresses[origin] + target, content=body or None, headers=own)
                answer.raise_for_status()

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(replay(sys.argv[1]))
