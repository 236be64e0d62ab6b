"""Say of each person's number and address how it was learnt, and take what was typed into forms apart from what is known.

A number that called or texted is `carrier`. One whose owner has said a word by text, by call, to an officer or in a proven
request is `proven`. All others, and every address, are `typed`: their origin is unknown.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.model.columns import new_id

revision = "0007"
down_revision = "0006"

TYPED_CHANNELS = ("web", "form", "gpc", "dnt", "tcf", "gpp", "expiry")
SURE_FROM = 0.5


def upgrade() -> None:
    with op.batch_alter_table("person", naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"}) as table:
        table.add_column(sa.Column("phone_learnt", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("email_learnt", sa.String(length=8), nullable=True))
        table.drop_constraint(_unique_name(), type_="unique")
    _say_how_learnt()
    where = sa.text("phone_learnt != 'typed'")
    op.create_index(
        "uq_person_known_number",
        "person",
        ["company_id", "phone_number"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("ix_person_number", "person", ["phone_number"])
    _take_forms_apart()
    _free_visits()
    _empty_unsure_attributions()


def _unique_name() -> str:
    """PostgreSQL named the constraint itself; SQLite gave it no name, and the naming convention above does."""
    found = sa.inspect(op.get_bind()).get_unique_constraints("person")
    return next((each["name"] for each in found if each["name"]), None) or "uq_person_company_id"


def _say_how_learnt() -> None:
    op.execute("UPDATE person SET phone_learnt = 'typed' WHERE phone_number IS NOT NULL")
    channels = ", ".join(f"'{each}'" for each in TYPED_CHANNELS)
    op.execute(
        "UPDATE person SET phone_learnt = 'proven' WHERE phone_number IS NOT NULL AND ("
        "EXISTS (SELECT 1 FROM consent_record w WHERE w.person_id = person.id AND w.scope = 'person'"
        f" AND w.channel NOT IN ({channels}))"
        " OR EXISTS (SELECT 1 FROM restriction r WHERE r.person_id = person.id))"
    )
    op.execute(
        "UPDATE person SET phone_learnt = 'carrier' WHERE phone_number IS NOT NULL AND ("
        "EXISTS (SELECT 1 FROM call c WHERE c.person_id = person.id AND c.caller_number = person.phone_number)"
        " OR EXISTS (SELECT 1 FROM text_message t WHERE t.person_id = person.id"
        " AND t.person_number = person.phone_number))"
    )
    # A word that was proven by a link, and a known person without a number: the address is theirs.
    op.execute(
        "UPDATE person SET email_learnt = 'proven' WHERE email IS NOT NULL AND phone_number IS NULL AND ("
        "EXISTS (SELECT 1 FROM consent_record w WHERE w.person_id = person.id AND w.scope = 'person'"
        f" AND w.channel NOT IN ({channels}))"
        " OR EXISTS (SELECT 1 FROM restriction r WHERE r.person_id = person.id))"
    )
    op.execute("UPDATE person SET email_learnt = 'typed' WHERE email IS NOT NULL AND email_learnt IS NULL")


KNOWN = "(p.phone_learnt IN ('carrier', 'proven') OR p.email_learnt = 'proven')"


def _take_forms_apart() -> None:
    """Give the forms of known people to new people who are nothing but what was typed, and known people no typed address."""
    connection = op.get_bind()
    forms = connection.execute(
        sa.text(
            "SELECT f.id, f.company_id, f.phone_number, f.email, f.submitted_at, f.expires_at FROM form_submission f"
            f" JOIN person p ON p.id = f.person_id WHERE {KNOWN} ORDER BY f.submitted_at"
        )
    ).all()
    typists: dict[tuple[Any, ...], str] = {}
    for form_id, company_id, number, email, sent_at, ends_at in forms:
        key = (company_id, number, email)
        if not number and not email:
            who = None
        elif key in typists:
            who = typists[key]
        else:
            who = typists[key] = new_id()
            row = {"id": who, "company": company_id, "number": number, "email": email, "at": sent_at, "ends": ends_at}
            row |= {"by_number": "typed" if number else None, "by_email": "typed" if email else None}
            connection.execute(
                sa.text(
                    "INSERT INTO person (id, company_id, phone_number, phone_learnt, email, email_learnt, first_seen_at,"
                    " expires_at) VALUES (:id, :company, :number, :by_number, :email, :by_email, :at, :ends)"
                ),
                row,
            )
        for table, column in (("form_submission", "id"), ("conversion", "subject_id")):
            change = sa.text(f"UPDATE {table} SET person_id = :who WHERE {column} = :form")
            connection.execute(change, {"who": who, "form": form_id})
    op.execute(
        "UPDATE person SET email = NULL, email_learnt = NULL"
        " WHERE phone_learnt IN ('carrier', 'proven') AND (email_learnt IS NULL OR email_learnt = 'typed')"
    )


def _free_visits() -> None:
    """Visits that only a form, or an attribution that was not sure, had made a known person's are nobody's."""
    op.execute(
        "UPDATE visit SET person_id = NULL WHERE person_id IS NOT NULL AND NOT EXISTS ("
        "SELECT 1 FROM attribution a JOIN visit v ON v.id = a.visit_id"
        " LEFT JOIN call c ON c.id = a.subject_id LEFT JOIN text_message t ON t.id = a.subject_id"
        " WHERE (c.person_id = visit.person_id OR t.person_id = visit.person_id)"
        f" AND a.confidence >= {SURE_FROM} AND a.rule <> 'person.earlier'"
        " AND (v.id = visit.id OR (v.visitor_id = visit.visitor_id AND v.company_id = visit.company_id)))"
    )


def _empty_unsure_attributions() -> None:
    """What an attribution took from a visit that is not surely the person's."""
    unsure = (
        f"visit_id IS NOT NULL AND (confidence < {SURE_FROM} OR (rule = 'person.earlier' AND NOT EXISTS ("
        "SELECT 1 FROM visit v WHERE v.id = attribution.visit_id AND v.person_id IS NOT NULL)))"
    )
    op.execute(
        f"UPDATE attribution SET keyword = NULL, landing_page = NULL, click_ids = '{{}}', clicked_at = NULL,"
        f" clicks_end_at = NULL WHERE {unsure}"
    )
