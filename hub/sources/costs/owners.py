"""Which company a connector's costs belong to: its only one, or the one whose patterns in `costs:` name the campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.config.models import ConnectorEntry
from hub.model import Company, CostRow


@dataclass(frozen=True)
class CostOwners:
    """The companies that one connector serves, and which campaigns are whose."""

    connector: str
    companies: tuple[Company, ...]
    campaigns: Mapping[str, tuple[str, ...]]
    """Company → patterns of names or ids of campaigns."""

    @classmethod
    def of(cls, entry: ConnectorEntry, companies: Iterable[Company]) -> CostOwners:
        """The owners of a connector's costs by config.yaml."""
        served = tuple(company for company in companies if entry.serves(company.name))
        return cls(entry.name, served, entry.common.costs)

    def owner(self, campaign: str | None, campaign_id: str | None) -> tuple[str | None, str | None]:
        """The ids of the account and of the company that a campaign's costs belong to.

        Only the account is known if the connector serves several companies and no pattern names the campaign; neither is
        if they belong to several accounts.
        """
        if len(self.companies) == 1:
            return self.companies[0].account_id, self.companies[0].id
        words = [word.casefold() for word in (campaign, campaign_id) if word]
        for company in self.companies:
            patterns = [pattern.casefold() for pattern in self.campaigns.get(company.name, ())]
            if any(fnmatchcase(word, pattern) for word in words for pattern in patterns):
                return company.account_id, company.id
        accounts = {company.account_id for company in self.companies}
        return (accounts.pop() if len(accounts) == 1 else None), None

    def assign_again(self, session: Session) -> None:
        """Assign the stored costs as config.yaml says now."""
        row = CostRow
        campaigns = select(row.campaign, row.campaign_id, row.account_id, row.company_id).distinct()
        mine = col(row.connector) == self.connector
        for campaign, campaign_id, *owner in session.execute(campaigns.where(mine)).all():
            account_id, company_id = self.owner(campaign, campaign_id)
            if owner != [account_id, company_id]:
                same = (
                    col(row.campaign).is_(campaign) if campaign is None else col(row.campaign) == campaign,
                    col(row.campaign_id).is_(None) if campaign_id is None else col(row.campaign_id) == campaign_id,
                )
                session.execute(update(row).where(mine, *same).values(account_id=account_id, company_id=company_id))
