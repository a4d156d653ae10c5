"""What stands behind the proxy in its test: says who it is and what reached it, and repeats what a socket says."""

import asyncio
import json
import os

SECONDS = 2  # for the next part of a body


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{os.environ['NAME']}: {message['text']}"})
    else:
        length = 0
        more = True
        while more:
            try:
                message = await asyncio.wait_for(receive(), SECONDS)
            except TimeoutError:  # as the shop does
                await send({"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]})
                await send({"type": "http.response.body", "body": b""})
                return
            length, more = length + len(message["body"]), message.get("more_body", False)
        headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
        told = {"name": os.environ["NAME"], "path": scope["path"], "headers": headers, "length": length}
        kind = [(b"content-type", b"application/json"), (b"strict-transport-security", b"max-age=1")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})
