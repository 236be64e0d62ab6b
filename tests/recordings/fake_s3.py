"""A stand-in of S3 for one bucket: what s3fs asks of it to write, read and delete an object, with S3's replies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.sandbox import HttpSandbox

MISSING = "<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>"
FORBIDDEN = "<?xml version='1.0'?><Error><Code>InvalidAccessKeyId</Code><Message>No such key id.</Message></Error>"


class FakeS3(HttpSandbox):
    """`objects` by bucket and key; requests without the right access key are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def settings(self) -> dict[str, Any]:
        """The options of s3fs that lead here."""
        return {
            "endpoint_url": self.url,
            "key": "AKIDEXAMPLE",
            "secret": "an-example-secret",
            "skip_instance_cache": True,
        }

    def app(self) -> Callable[..., Any]:
        async def serve(request: Request) -> Response:
            name = request.path_params["name"]
            if "AKIDEXAMPLE/" not in request.headers.get("authorization", ""):
                return Response(FORBIDDEN, 403, media_type="application/xml")
            if request.method == "PUT":
                self.objects[name] = await request.body()
                return Response(headers={"ETag": f'"{hashlib.md5(self.objects[name]).hexdigest()}"'})
            if request.method == "DELETE":
                self.objects.pop(name, None)
                return Response(status_code=204)
            if name not in self.objects:
                return Response(MISSING, 404, media_type="application/xml")
            return Response(self.objects[name], media_type="binary/octet-stream")

        return Starlette(routes=[Route("/{name:path}", serve, methods=["GET", "HEAD", "PUT", "DELETE"])])
