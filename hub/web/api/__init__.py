"""`/api/v1/`: what a user may read of their account, by a bearer key. It changes nothing."""

from hub.web.api.application import create_api

__all__ = ["create_api"]
