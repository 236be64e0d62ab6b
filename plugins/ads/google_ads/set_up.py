"""What a person does at Google before the first connection, with Google's pages for it (addresses read on 2026-11-30).

https://developers.google.com/data-manager/api/devguides/quickstart/set-up-access
https://developers.google.com/google-ads/api/docs/oauth/service-accounts
"""

from __future__ import annotations

from typing import Any

from hub.api.oauth import SetUpStep

CLOUD = "https://console.cloud.google.com"
SET_UP: dict[str, Any] = {
    "keys_url": f"{CLOUD}/auth/clients",
    "first": ("credentials.service_account", "customer_id"),
    "steps": (
        SetUpStep(
            title="A project at Google",
            text="Make a project named Ringfence. It costs nothing and holds the permission to ask.",
            links=(("Google Cloud: New project", f"{CLOUD}/projectcreate"),),
        ),
        SetUpStep(
            title="Two switches",
            text="Turn on the Data Manager API, for conversions, and the Google Ads API, for costs and the lists of accounts "
            "and conversion actions. A developer token is not needed.",
            links=(
                ("Data Manager API", f"{CLOUD}/apis/library/datamanager.googleapis.com"),
                ("Google Ads API", f"{CLOUD}/apis/library/googleads.googleapis.com"),
            ),
        ),
        SetUpStep(
            title="Who may be asked",
            text="Choose Internal if everybody signs in with an address of your Google Workspace. Otherwise choose External "
            "and publish the app, or Google ends each sign-in after 7 days.",
            links=(("Google Cloud: Branding", f"{CLOUD}/auth/branding"), ("Audience", f"{CLOUD}/auth/audience")),
            only_sign_in=True,
        ),
        SetUpStep(
            title="A client",
            text="Create a client of the kind Web application, and give it the address below to come back to.",
            links=(("Google Cloud: New client", f"{CLOUD}/auth/clients"),),
            only_sign_in=True,
        ),
    ),
    "alone": "A service account needs no client and no renewed sign-in. Make one in the project, download its key as JSON, "
    "and add its email address in each Google Ads account under Admin, Access and security, Users. Paste the whole key here.",
}
