#!/bin/sh
# Run once by PostgreSQL's image on an empty disk: a role and a database of the hub's own. A superuser passes row-level
# security (docs/access.md), so the hub never connects as one.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<'SQL'
\getenv password HUB_PASSWORD
CREATE ROLE ringfence LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE ringfence OWNER ringfence;
SQL
