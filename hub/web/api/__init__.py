"""`/api/v1/`: what a user may read and do in their account, with a bearer key: the same queries and deeds as the
pages and the commands have."""

from hub.web.api.application import create_api

__all__ = ["create_api"]
