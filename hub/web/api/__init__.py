"""`/api/v1/`: what a user may read of their account, with a bearer key. The API changes nothing."""

from hub.web.api.application import create_api

__all__ = ["create_api"]
