-- The schema of the first revision. `make migration` writes this file until the first release; it is frozen then.
CREATE TABLE account (
    id VARCHAR(36) NOT NULL,
    name VARCHAR(64) NOT NULL,
    title VARCHAR NOT NULL,
    number_cap NUMERIC(14, 4),
    cap_currency VARCHAR(3),
    assistants_off_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (name)
);
CREATE TABLE audit_entry (
    id VARCHAR(36) NOT NULL,
    chain VARCHAR(36) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR NOT NULL,
    action VARCHAR(64) NOT NULL,
    subject VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_audit_entry_at ON audit_entry (at);
CREATE INDEX ix_audit_entry_log ON audit_entry (chain, at, id);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject);
CREATE TABLE config_process (
    id VARCHAR(36) NOT NULL,
    role VARCHAR(16) NOT NULL,
    host VARCHAR(255) NOT NULL,
    pid INTEGER NOT NULL,
    version INTEGER,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    memory_bytes BIGINT,
    threads_alive INTEGER NOT NULL,
    threads_expected INTEGER NOT NULL,
    key_ids VARCHAR(512) DEFAULT '' NOT NULL,
    trouble VARCHAR(300) DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_config_process_seen_at ON config_process (seen_at);
CREATE TABLE config_version (
    id VARCHAR(36) NOT NULL,
    number INTEGER,
    sha256 VARCHAR(64) NOT NULL,
    text TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    user_id VARCHAR(64),
    how VARCHAR(16) NOT NULL,
    note VARCHAR NOT NULL,
    state VARCHAR(16) NOT NULL,
    refusal JSONB NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (number)
);
CREATE INDEX ix_config_version_at ON config_version (at);
CREATE INDEX ix_config_version_expires_at ON config_version (expires_at);
CREATE INDEX ix_config_version_sha256 ON config_version (sha256);
CREATE TABLE connector_note (
    connector VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (connector, name)
);
CREATE TABLE connector_state (
    connector VARCHAR(64) NOT NULL,
    paused_at TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    paused_by VARCHAR(36),
    plugin_died BOOLEAN NOT NULL,
    probe_at TIMESTAMP WITH TIME ZONE,
    refusals INTEGER NOT NULL,
    update_waits BOOLEAN NOT NULL,
    PRIMARY KEY (connector)
);
CREATE TABLE connector_token (
    connector VARCHAR(64) NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    ciphertext BYTEA NOT NULL,
    refresh_until TIMESTAMP WITH TIME ZONE,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connector)
);
CREATE TABLE consent_decision (
    id VARCHAR(36) NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    moment VARCHAR(8) NOT NULL,
    use VARCHAR NOT NULL,
    categories JSONB NOT NULL,
    verdict VARCHAR(8) NOT NULL,
    rule_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    opinions JSONB NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_consent_decision_expires_at ON consent_decision (expires_at);
CREATE INDEX ix_consent_decision_subject_id ON consent_decision (subject_id);
CREATE TABLE consent_detail (
    id VARCHAR(36) NOT NULL,
    sealed BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_consent_detail_expires_at ON consent_detail (expires_at);
CREATE TABLE consent_notice (
    hash VARCHAR(64) NOT NULL,
    language VARCHAR(16) NOT NULL,
    text VARCHAR NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (hash)
);
CREATE TABLE cursor (
    connector VARCHAR(64) NOT NULL,
    stream VARCHAR(32) NOT NULL,
    value VARCHAR,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connector, stream)
);
CREATE TABLE directory_change (
    id SERIAL NOT NULL,
    change_id VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE disclosure (
    id VARCHAR(36) NOT NULL,
    person_id VARCHAR(36),
    subject_id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    recipient VARCHAR NOT NULL,
    use VARCHAR NOT NULL,
    categories JSONB NOT NULL,
    decision_id VARCHAR(36) NOT NULL,
    delivery_id VARCHAR(36),
    disclosed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_disclosure_delivery_id ON disclosure (delivery_id);
CREATE INDEX ix_disclosure_expires_at ON disclosure (expires_at);
CREATE INDEX ix_disclosure_person_id ON disclosure (person_id);
CREATE INDEX ix_disclosure_subject_id ON disclosure (subject_id);
CREATE TABLE error_hour (
    event VARCHAR(100) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    code VARCHAR(64) NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    count INTEGER NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (event, connector, code, hour)
);
CREATE TABLE fact (
    id VARCHAR(36) NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    source VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    value TEXT,
    sealed BYTEA,
    category VARCHAR NOT NULL,
    confidence FLOAT NOT NULL,
    learned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (subject_id, source, name)
);
CREATE INDEX ix_fact_expires_at ON fact (expires_at);
CREATE INDEX ix_fact_subject_id ON fact (subject_id);
CREATE TABLE health_report (
    kind VARCHAR(8) NOT NULL,
    name VARCHAR(64) NOT NULL,
    every FLOAT,
    at TIMESTAMP WITH TIME ZONE,
    failures INTEGER NOT NULL,
    error VARCHAR(64),
    value FLOAT,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE TABLE import_match (
    source VARCHAR(80) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    external_id VARCHAR(64) NOT NULL,
    own_id VARCHAR(36) NOT NULL,
    matched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (source, kind, external_id)
);
CREATE TABLE import_step (
    source VARCHAR(80) NOT NULL,
    resource VARCHAR(16) NOT NULL,
    options VARCHAR(200) NOT NULL,
    place INTEGER NOT NULL,
    total INTEGER,
    counts JSONB NOT NULL,
    problems JSONB NOT NULL,
    known_problems JSONB NOT NULL,
    refusals JSONB NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (source, resource)
);
CREATE TABLE inbox (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    event_key VARCHAR(200) NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    method VARCHAR(8) NOT NULL,
    url TEXT,
    headers TEXT,
    body BYTEA,
    reason VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (connector, event_key)
);
CREATE INDEX ix_inbox_expires_at ON inbox (expires_at);
CREATE INDEX ix_inbox_work ON inbox (state, due_at);
CREATE TABLE journal_end (
    chain VARCHAR(36) NOT NULL,
    position INTEGER NOT NULL,
    hash VARCHAR(64) NOT NULL,
    key_id VARCHAR(16) DEFAULT '' NOT NULL,
    seal VARCHAR(64) DEFAULT '' NOT NULL,
    PRIMARY KEY (chain)
);
CREATE TABLE journal_entry (
    chain VARCHAR(36) NOT NULL,
    position INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR(48) NOT NULL,
    content TEXT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (chain, position)
);
CREATE INDEX ix_journal_entry_kind ON journal_entry (kind, since);
CREATE TABLE journal_waiting (
    row_id VARCHAR(36) NOT NULL,
    chain VARCHAR(36) NOT NULL,
    kind VARCHAR(48) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    seal VARCHAR(64) DEFAULT '' NOT NULL,
    PRIMARY KEY (row_id)
);
CREATE TABLE oauth_client (
    id VARCHAR(512) NOT NULL,
    name VARCHAR(60) NOT NULL,
    redirect_uris JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE INDEX ix_oauth_client_made_at ON oauth_client (made_at);
CREATE TABLE outcome (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    external_id VARCHAR(64) NOT NULL,
    stage VARCHAR NOT NULL,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    subject_id VARCHAR(36),
    trace JSONB NOT NULL,
    contact JSONB NOT NULL,
    email TEXT,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (connector, external_id)
);
CREATE INDEX ix_outcome_changed ON outcome (connector, changed_at);
CREATE INDEX ix_outcome_expires_at ON outcome (expires_at);
CREATE INDEX ix_outcome_subject_id ON outcome (subject_id);
CREATE TABLE person_key (
    id VARCHAR(36) NOT NULL,
    holder VARCHAR(64) NOT NULL,
    generation INTEGER NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    wrapped BYTEA,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    destroyed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (holder, generation)
);
CREATE INDEX ix_person_key_key_id ON person_key (key_id);
CREATE INDEX ix_person_key_of_backups ON person_key (made_at) WHERE substr(holder, 1, 7) = 'backup|' AND wrapped IS NOT NULL;
CREATE TABLE recipient_version (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    recipient VARCHAR NOT NULL,
    change VARCHAR(8) NOT NULL,
    details JSONB NOT NULL,
    declared JSONB NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE INDEX ix_recipient_version_connector ON recipient_version (connector);
CREATE TABLE refusal (
    connector VARCHAR(64) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    name VARCHAR(100) NOT NULL,
    day DATE NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (connector, kind, name, day)
);
CREATE TABLE restoration (
    id VARCHAR(36) NOT NULL,
    backup_id VARCHAR(36) NOT NULL,
    backup_made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    emptied JSONB NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE sign_in_challenge (
    token_sha256 VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    user_id VARCHAR(36),
    data JSONB NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (token_sha256)
);
CREATE INDEX ix_sign_in_challenge_ends_at ON sign_in_challenge (ends_at);
CREATE TABLE suppression (
    fingerprint VARCHAR(64) NOT NULL,
    use VARCHAR(64) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (fingerprint, use)
);
CREATE TABLE switch_step (
    step VARCHAR(80) NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_by VARCHAR(64) NOT NULL,
    PRIMARY KEY (step)
);
CREATE TABLE sync_slot (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    why VARCHAR(16) NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    result VARCHAR,
    trouble VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (connector, due_at)
);
CREATE INDEX ix_sync_slot_work ON sync_slot (state, connector, due_at);
CREATE TABLE text_status (
    connector VARCHAR(64) NOT NULL,
    carrier_message_id VARCHAR(64) NOT NULL,
    status VARCHAR(16) NOT NULL,
    code VARCHAR,
    reason VARCHAR,
    opted_out BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connector, carrier_message_id)
);
CREATE INDEX ix_text_status_expires_at ON text_status (expires_at);
CREATE TABLE tombstone (
    mark VARCHAR(64) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (mark)
);
CREATE INDEX ix_tombstone_at ON tombstone (at);
CREATE TABLE vapid_key (
    id VARCHAR(8) NOT NULL,
    public_key VARCHAR(100) NOT NULL,
    private_sealed BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE vendor_recording (
    connector VARCHAR(64) NOT NULL,
    folder VARCHAR NOT NULL,
    "key" BYTEA NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    exchanges_left INTEGER NOT NULL,
    PRIMARY KEY (connector)
);
CREATE TABLE app_user (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    name VARCHAR(64) NOT NULL,
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    email TEXT,
    role VARCHAR(16) NOT NULL,
    phone_numbers TEXT,
    call_back_number VARCHAR(38),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    UNIQUE (name)
);
CREATE INDEX ix_app_user_account_id ON app_user (account_id);
CREATE INDEX ix_app_user_expires_at ON app_user (expires_at);
CREATE TABLE brand (
    account_id VARCHAR NOT NULL,
    title VARCHAR(60),
    accent VARCHAR(7),
    logo BYTEA,
    logo_type VARCHAR(20),
    digest VARCHAR(32) NOT NULL,
    PRIMARY KEY (account_id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_brand_digest ON brand (digest);
CREATE TABLE company (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    name VARCHAR(64) NOT NULL,
    title VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    country VARCHAR(2) NOT NULL,
    region VARCHAR,
    sensitive VARCHAR(16),
    domains JSONB NOT NULL,
    website JSONB NOT NULL,
    number_cap NUMERIC(14, 4),
    cap_currency VARCHAR(3),
    disabled_at TIMESTAMP WITH TIME ZONE,
    captured JSONB NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    UNIQUE (name)
);
CREATE INDEX ix_company_account_id ON company (account_id);
CREATE TABLE policy_version (
    id VARCHAR(36) NOT NULL,
    kind VARCHAR(24) NOT NULL,
    account_id VARCHAR,
    name VARCHAR(32) NOT NULL,
    material BOOLEAN NOT NULL,
    introduces JSONB NOT NULL,
    state VARCHAR(12) NOT NULL,
    note VARCHAR NOT NULL,
    drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    announced_at TIMESTAMP WITH TIME ZONE,
    effective_at TIMESTAMP WITH TIME ZONE,
    published_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_policy_version_account_id ON policy_version (account_id);
CREATE TABLE stored_secret (
    name VARCHAR(100) NOT NULL,
    account_id VARCHAR NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    ciphertext BYTEA NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    saved_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (name),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_stored_secret_account_id ON stored_secret (account_id);
CREATE TABLE alert (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    kind VARCHAR(24) NOT NULL,
    dedup_key VARCHAR(120) NOT NULL,
    subject_id VARCHAR(36),
    facts JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (user_id, company_id, dedup_key),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_alert_account_id ON alert (account_id);
CREATE INDEX ix_alert_company_id ON alert (company_id);
CREATE INDEX ix_alert_expires_at ON alert (expires_at);
CREATE INDEX ix_alert_newest ON alert (user_id, at);
CREATE INDEX ix_alert_unread ON alert (user_id, seen_at);
CREATE TABLE alert_event (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    kind VARCHAR(24) NOT NULL,
    dedup_key VARCHAR(120) NOT NULL,
    subject_id VARCHAR(36),
    facts JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (company_id, dedup_key),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_alert_event_expires_at ON alert_event (expires_at);
CREATE INDEX ix_alert_event_work ON alert_event (state, due_at);
CREATE TABLE alert_phone (
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    number VARCHAR(16),
    code_signature VARCHAR(64),
    code_ends_at TIMESTAMP WITH TIME ZONE,
    tries INTEGER NOT NULL,
    codes_sent INTEGER NOT NULL,
    codes_since TIMESTAMP WITH TIME ZONE NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (user_id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_alert_phone_account_id ON alert_phone (account_id);
CREATE INDEX ix_alert_phone_expires_at ON alert_phone (expires_at);
CREATE INDEX ix_alert_phone_number ON alert_phone (number);
CREATE TABLE alert_preference (
    user_id VARCHAR(36) NOT NULL,
    company_id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    quiet_from INTEGER,
    quiet_to INTEGER,
    time_zone VARCHAR(64) NOT NULL,
    names_caller BOOLEAN NOT NULL,
    attaches_messages BOOLEAN NOT NULL,
    digests JSONB NOT NULL,
    digests_since TIMESTAMP WITH TIME ZONE NOT NULL,
    webhook_sealed BYTEA,
    chats_sealed BYTEA,
    PRIMARY KEY (user_id, company_id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_alert_preference_account_id ON alert_preference (account_id);
CREATE INDEX ix_alert_preference_company_id ON alert_preference (company_id);
CREATE TABLE alert_rule (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    kind VARCHAR(24) NOT NULL,
    channels JSONB NOT NULL,
    threshold INTEGER,
    PRIMARY KEY (id),
    UNIQUE (user_id, company_id, kind),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_alert_rule_account_id ON alert_rule (account_id);
CREATE INDEX ix_alert_rule_of ON alert_rule (company_id, kind);
CREATE TABLE api_key (
    id VARCHAR(16) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    secret_sha256 VARCHAR(64) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    personal_data BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_api_key_account_id ON api_key (account_id);
CREATE INDEX ix_api_key_user_id ON api_key (user_id);
CREATE TABLE archive_file (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR,
    month DATE NOT NULL,
    path VARCHAR(100) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    UNIQUE (path)
);
CREATE INDEX ix_archive_file_month ON archive_file (company_id, month);
CREATE TABLE assistant_grant (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    client_id VARCHAR(512) NOT NULL,
    client_name VARCHAR(60) NOT NULL,
    redirect_uri VARCHAR(512) NOT NULL,
    resource VARCHAR(512) NOT NULL,
    personal_data BOOLEAN NOT NULL,
    code_sha256 VARCHAR(64) NOT NULL,
    code_challenge VARCHAR(128) NOT NULL,
    code_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    code_used_at TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (code_sha256)
);
CREATE INDEX ix_assistant_grant_account_id ON assistant_grant (account_id);
CREATE INDEX ix_assistant_grant_client_id ON assistant_grant (client_id);
CREATE INDEX ix_assistant_grant_ends_at ON assistant_grant (ends_at);
CREATE INDEX ix_assistant_grant_user_id ON assistant_grant (user_id);
CREATE TABLE authority_disclosure (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    authority VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    legal_basis VARCHAR NOT NULL,
    categories JSONB NOT NULL,
    note VARCHAR NOT NULL,
    disclosed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withheld_until TIMESTAMP WITH TIME ZONE,
    recorded_by VARCHAR NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_authority_disclosure_company_id ON authority_disclosure (company_id);
CREATE INDEX ix_authority_disclosure_fingerprint ON authority_disclosure (fingerprint);
CREATE TABLE call_step (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    company_id VARCHAR NOT NULL,
    flow_version INTEGER NOT NULL,
    point VARCHAR(100) NOT NULL,
    position INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    step VARCHAR(64) NOT NULL,
    "do" VARCHAR(32) NOT NULL,
    result TEXT,
    tags JSONB NOT NULL,
    text_back VARCHAR,
    decision_id VARCHAR(36),
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (connector, carrier_call_id, point, position),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_call_step_begun ON call_step (flow_version, at) WHERE position = 0 AND point = 'ringing:';
CREATE INDEX ix_call_step_company ON call_step (company_id, at);
CREATE INDEX ix_call_step_expires_at ON call_step (expires_at);
CREATE TABLE call_test (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    tracking_number VARCHAR(16) NOT NULL,
    flow VARCHAR(64) NOT NULL,
    version INTEGER NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer_seconds FLOAT,
    heard JSONB NOT NULL,
    steps JSONB NOT NULL,
    problem VARCHAR,
    folded_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_call_test_account_id ON call_test (account_id);
CREATE INDEX ix_call_test_carrier_call_id ON call_test (carrier_call_id);
CREATE INDEX ix_call_test_company_id ON call_test (company_id);
CREATE INDEX ix_call_test_made_at ON call_test (made_at);
CREATE TABLE caller_rule (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR,
    kind VARCHAR(32) NOT NULL,
    pattern VARCHAR(16) NOT NULL,
    is_prefix BOOLEAN NOT NULL,
    sealed_note BYTEA,
    by_verdict BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_caller_rule_account_id ON caller_rule (account_id);
CREATE INDEX ix_caller_rule_company_id ON caller_rule (company_id);
CREATE INDEX ix_caller_rule_expires_at ON caller_rule (expires_at);
CREATE INDEX ix_caller_rule_pattern ON caller_rule (pattern, account_id);
CREATE TABLE company_end (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    state VARCHAR(16) NOT NULL,
    hand_over JSONB NOT NULL,
    keep_at JSONB NOT NULL,
    requested_by VARCHAR NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_by VARCHAR,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    exported JSONB NOT NULL,
    outcome JSONB NOT NULL,
    certificate JSONB NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_company_end_company_id ON company_end (company_id);
CREATE INDEX ix_company_end_state ON company_end (state);
CREATE TABLE config_draft (
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    sealed BYTEA,
    base_sha256 VARCHAR(64) NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (user_id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_config_draft_account_id ON config_draft (account_id);
CREATE INDEX ix_config_draft_expires_at ON config_draft (expires_at);
CREATE TABLE connecting (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    session_id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    plugin VARCHAR(64) NOT NULL,
    state_sha256 VARCHAR(64),
    key_id VARCHAR(16) NOT NULL,
    ciphertext BYTEA NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (state_sha256)
);
CREATE INDEX ix_connecting_account_id ON connecting (account_id);
CREATE INDEX ix_connecting_ends_at ON connecting (ends_at);
CREATE TABLE consent_record (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR,
    account_id VARCHAR,
    person_id VARCHAR(36),
    visit_id VARCHAR(36),
    role VARCHAR(16) NOT NULL,
    state VARCHAR(16) NOT NULL,
    use VARCHAR NOT NULL,
    categories JSONB NOT NULL,
    recipients JSONB NOT NULL,
    jurisdictions JSONB NOT NULL,
    basis VARCHAR(32) NOT NULL,
    channel VARCHAR(32) NOT NULL,
    language VARCHAR(16),
    notice_hash VARCHAR(64),
    evidence VARCHAR(200),
    detail_hash VARCHAR(64),
    scope VARCHAR(16) NOT NULL,
    stated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lapses_at TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    supersedes VARCHAR(36),
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_consent_record_account_id ON consent_record (account_id);
CREATE INDEX ix_consent_record_company ON consent_record (company_id, id);
CREATE INDEX ix_consent_record_lapses_at ON consent_record (lapses_at);
CREATE INDEX ix_consent_record_person_id ON consent_record (person_id);
CREATE INDEX ix_consent_record_supersedes ON consent_record (supersedes);
CREATE INDEX ix_consent_record_visit_id ON consent_record (visit_id);
CREATE TABLE conversion (
    id VARCHAR(36) NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    person_id VARCHAR(36),
    outcome_id VARCHAR(36),
    rule VARCHAR NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    retracted BOOLEAN NOT NULL,
    revision INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE ("key"),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_conversion_company ON conversion (company_id, made_at);
CREATE INDEX ix_conversion_made_at ON conversion (made_at);
CREATE INDEX ix_conversion_outcome_id ON conversion (outcome_id);
CREATE INDEX ix_conversion_subject_id ON conversion (subject_id);
CREATE TABLE cost (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64),
    account_id VARCHAR,
    company_id VARCHAR,
    day DATE NOT NULL,
    source VARCHAR(100) NOT NULL,
    medium VARCHAR(100) NOT NULL,
    campaign VARCHAR(300),
    campaign_id VARCHAR(64),
    visit_campaign VARCHAR(300),
    ad_group VARCHAR(300),
    ad_group_id VARCHAR(64),
    amount NUMERIC(14, 4) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    clicks INTEGER NOT NULL,
    impressions INTEGER NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_cost_account ON cost (account_id, day);
CREATE INDEX ix_cost_company ON cost (company_id, day);
CREATE INDEX ix_cost_connector ON cost (connector, day);
CREATE TABLE day_rollup (
    company_id VARCHAR NOT NULL,
    model VARCHAR(16) NOT NULL,
    dimension VARCHAR(16) NOT NULL,
    day DATE NOT NULL,
    value VARCHAR(300) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    calls BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    first_time BIGINT NOT NULL,
    talk_seconds BIGINT NOT NULL,
    texts BIGINT NOT NULL,
    forms BIGINT NOT NULL,
    conversions BIGINT NOT NULL,
    leads BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    won BIGINT NOT NULL,
    spam_calls BIGINT NOT NULL,
    spam_answered BIGINT NOT NULL,
    spam_first_time BIGINT NOT NULL,
    spam_talk_seconds BIGINT NOT NULL,
    spam_texts BIGINT NOT NULL,
    spam_forms BIGINT NOT NULL,
    PRIMARY KEY (company_id, model, dimension, day, value, currency),
    FOREIGN KEY(company_id) REFERENCES company (id)
) /* sqlite: WITHOUT ROWID */;
CREATE TABLE dirty_day (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_dirty_day_company ON dirty_day (company_id, day);
CREATE TABLE doubtful_refusal (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    source VARCHAR(9) NOT NULL,
    refused VARCHAR(5) NOT NULL,
    person_number VARCHAR(16),
    learned VARCHAR(7) NOT NULL,
    state VARCHAR(8) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    decide_by TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_doubtful_refusal_expires_at ON doubtful_refusal (expires_at);
CREATE INDEX ix_doubtful_refusal_open ON doubtful_refusal (at) WHERE state = 'open';
CREATE INDEX ix_doubtful_refusal_person ON doubtful_refusal (company_id, person_number) WHERE state = 'open';
CREATE INDEX ix_doubtful_refusal_subject_id ON doubtful_refusal (subject_id);
CREATE TABLE flow_draft (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    name VARCHAR(80) NOT NULL,
    definition TEXT NOT NULL,
    previous TEXT NOT NULL,
    base INTEGER,
    replaces VARCHAR(80),
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (user_id, company_id, name),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_flow_draft_company_id ON flow_draft (company_id);
CREATE TABLE flow_version (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    name VARCHAR(80) NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    definition JSONB NOT NULL,
    hash VARCHAR(64) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    UNIQUE (number)
);
CREATE INDEX ix_flow_version_company_id ON flow_version (company_id);
CREATE UNIQUE INDEX ix_flow_version_revision ON flow_version (company_id, name, revision);
CREATE TABLE greeting (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    name VARCHAR(60) NOT NULL,
    suffix VARCHAR(3) NOT NULL,
    seconds INTEGER,
    revision INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    audio BYTEA NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (company_id, name),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_greeting_company_id ON greeting (company_id);
CREATE TABLE hour_rollup (
    company_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    hour INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    voicemail INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    talk_seconds INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    leads INTEGER NOT NULL,
    spam INTEGER NOT NULL,
    other_leads INTEGER NOT NULL,
    PRIMARY KEY (company_id, day, hour),
    FOREIGN KEY(company_id) REFERENCES company (id)
) /* sqlite: WITHOUT ROWID */;
CREATE TABLE ignored_repair (
    user_id VARCHAR NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    account_id VARCHAR NOT NULL,
    ignored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (user_id, "key"),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_ignored_repair_account_id ON ignored_repair (account_id);
CREATE TABLE lead (
    subject_id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    status VARCHAR(16) NOT NULL,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    marked_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (subject_id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_lead_status ON lead (company_id, status, marked_at);
CREATE INDEX ix_lead_value ON lead (company_id, amount);
CREATE TABLE lead_change (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    status VARCHAR(16) NOT NULL,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    marked_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_lead_change_subject_id ON lead_change (subject_id);
CREATE INDEX ix_lead_change_work ON lead_change (state, due_at);
CREATE TABLE legal_hold (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    reason VARCHAR NOT NULL,
    set_by VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_by VARCHAR,
    lifted_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_legal_hold_company_id ON legal_hold (company_id);
CREATE INDEX ix_legal_hold_fingerprint ON legal_hold (fingerprint);
CREATE TABLE month_rollup (
    company_id VARCHAR NOT NULL,
    model VARCHAR(16) NOT NULL,
    dimension VARCHAR(16) NOT NULL,
    day DATE NOT NULL,
    value VARCHAR(300) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    calls BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    first_time BIGINT NOT NULL,
    talk_seconds BIGINT NOT NULL,
    texts BIGINT NOT NULL,
    forms BIGINT NOT NULL,
    conversions BIGINT NOT NULL,
    leads BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    won BIGINT NOT NULL,
    spam_calls BIGINT NOT NULL,
    spam_answered BIGINT NOT NULL,
    spam_first_time BIGINT NOT NULL,
    spam_talk_seconds BIGINT NOT NULL,
    spam_texts BIGINT NOT NULL,
    spam_forms BIGINT NOT NULL,
    PRIMARY KEY (company_id, model, dimension, day, value, currency),
    FOREIGN KEY(company_id) REFERENCES company (id)
) /* sqlite: WITHOUT ROWID */;
CREATE TABLE note (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    sealed BYTEA,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_note_company_id ON note (company_id);
CREATE INDEX ix_note_expires_at ON note (expires_at);
CREATE INDEX ix_note_subject_id ON note (subject_id);
CREATE TABLE number_finding (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR,
    company_id VARCHAR,
    kind VARCHAR(16) NOT NULL,
    number VARCHAR(16) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    dedup_key VARCHAR(200) NOT NULL,
    facts JSONB NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    UNIQUE (dedup_key)
);
CREATE INDEX ix_number_finding_account_id ON number_finding (account_id);
CREATE INDEX ix_number_finding_company_id ON number_finding (company_id);
CREATE TABLE oidc_identity (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    issuer VARCHAR(200) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (issuer, subject),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_oidc_identity_account_id ON oidc_identity (account_id);
CREATE INDEX ix_oidc_identity_user_id ON oidc_identity (user_id);
CREATE TABLE opt_out (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject VARCHAR(8) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    scope VARCHAR(16) NOT NULL,
    network VARCHAR(64) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(16) NOT NULL,
    reason VARCHAR,
    questioned_by VARCHAR,
    questioned_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (company_id, fingerprint, scope, network),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_opt_out_company_id ON opt_out (company_id);
CREATE INDEX ix_opt_out_fingerprint ON opt_out (fingerprint);
CREATE TABLE outgoing_call (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64),
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36),
    user_id VARCHAR NOT NULL,
    user_number VARCHAR(38),
    tracking_number VARCHAR(16) NOT NULL,
    person_number VARCHAR(16),
    status VARCHAR(16) NOT NULL,
    reason VARCHAR,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    duration INTEGER,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_outgoing_call_carrier_call_id ON outgoing_call (carrier_call_id);
CREATE INDEX ix_outgoing_call_company_id ON outgoing_call (company_id);
CREATE INDEX ix_outgoing_call_expires_at ON outgoing_call (expires_at);
CREATE INDEX ix_outgoing_call_person_number ON outgoing_call (person_number);
CREATE INDEX ix_outgoing_call_subject_id ON outgoing_call (subject_id);
CREATE INDEX ix_outgoing_call_work ON outgoing_call (state, connector, due_at);
CREATE TABLE passkey (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    credential_id VARCHAR(1400) NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count INTEGER NOT NULL,
    transports JSONB NOT NULL,
    backed_up BOOLEAN NOT NULL,
    name VARCHAR(64) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (credential_id)
);
CREATE INDEX ix_passkey_account_id ON passkey (account_id);
CREATE INDEX ix_passkey_user_id ON passkey (user_id);
CREATE TABLE person (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    phone_number VARCHAR(16),
    phone_learnt VARCHAR(8),
    email TEXT,
    email_learnt VARCHAR(8),
    sealed_name BYTEA,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_person_company ON person (company_id, first_seen_at, id);
/* sqlite: CREATE INDEX ix_person_digits_02 ON person (substr(phone_number, 2, 4)) WHERE length(phone_number) > 4 */;
/* sqlite: CREATE INDEX ix_person_digits_03 ON person (substr(phone_number, 3, 4)) WHERE length(phone_number) > 5 */;
/* sqlite: CREATE INDEX ix_person_digits_04 ON person (substr(phone_number, 4, 4)) WHERE length(phone_number) > 6 */;
/* sqlite: CREATE INDEX ix_person_digits_05 ON person (substr(phone_number, 5, 4)) WHERE length(phone_number) > 7 */;
/* sqlite: CREATE INDEX ix_person_digits_06 ON person (substr(phone_number, 6, 4)) WHERE length(phone_number) > 8 */;
/* sqlite: CREATE INDEX ix_person_digits_07 ON person (substr(phone_number, 7, 4)) WHERE length(phone_number) > 9 */;
/* sqlite: CREATE INDEX ix_person_digits_08 ON person (substr(phone_number, 8, 4)) WHERE length(phone_number) > 10 */;
/* sqlite: CREATE INDEX ix_person_digits_09 ON person (substr(phone_number, 9, 4)) WHERE length(phone_number) > 11 */;
/* sqlite: CREATE INDEX ix_person_digits_10 ON person (substr(phone_number, 10, 4)) WHERE length(phone_number) > 12 */;
/* sqlite: CREATE INDEX ix_person_digits_11 ON person (substr(phone_number, 11, 4)) WHERE length(phone_number) > 13 */;
/* sqlite: CREATE INDEX ix_person_digits_12 ON person (substr(phone_number, 12, 4)) WHERE length(phone_number) > 14 */;
/* sqlite: CREATE INDEX ix_person_digits_13 ON person (substr(phone_number, 13, 4)) WHERE length(phone_number) > 15 */;
CREATE INDEX ix_person_email ON person (email);
CREATE INDEX ix_person_expires_at ON person (expires_at);
CREATE INDEX ix_person_number ON person (phone_number);
CREATE UNIQUE INDEX uq_person_known_number ON person (company_id, phone_number) WHERE phone_learnt != 'typed';
CREATE TABLE policy_acceptance (
    id VARCHAR(36) NOT NULL,
    version_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    language VARCHAR(16) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    accepted_by TEXT,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (version_id, account_id),
    FOREIGN KEY(version_id) REFERENCES policy_version (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_policy_acceptance_account_id ON policy_acceptance (account_id);
CREATE INDEX ix_policy_acceptance_expires_at ON policy_acceptance (expires_at);
CREATE TABLE policy_notice (
    id VARCHAR(36) NOT NULL,
    version_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    announced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    earliest_on DATE NOT NULL,
    calendar JSONB NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (version_id, account_id),
    FOREIGN KEY(version_id) REFERENCES policy_version (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_policy_notice_account_id ON policy_notice (account_id);
CREATE TABLE policy_text (
    id VARCHAR(36) NOT NULL,
    version_id VARCHAR NOT NULL,
    language VARCHAR(16) NOT NULL,
    text VARCHAR NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (version_id, language),
    FOREIGN KEY(version_id) REFERENCES policy_version (id)
);
CREATE TABLE privacy_request (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    kind VARCHAR(24) NOT NULL,
    state VARCHAR(24) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    language VARCHAR(8) NOT NULL,
    phone_number VARCHAR(16),
    email TEXT,
    fingerprint VARCHAR(64) NOT NULL,
    known_as JSONB NOT NULL,
    correction BYTEA,
    evidence TEXT,
    places JSONB NOT NULL,
    declared JSONB NOT NULL,
    rule VARCHAR(64) NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    promised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    extended_to TIMESTAMP WITH TIME ZONE,
    verified_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome JSONB NOT NULL,
    certificate JSONB NOT NULL,
    file_path VARCHAR(200),
    file_ends_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_privacy_request_company_id ON privacy_request (company_id);
CREATE INDEX ix_privacy_request_due_at ON privacy_request (due_at);
CREATE INDEX ix_privacy_request_expires_at ON privacy_request (expires_at);
CREATE INDEX ix_privacy_request_fingerprint ON privacy_request (fingerprint);
CREATE INDEX ix_privacy_request_received_at ON privacy_request (received_at);
CREATE INDEX ix_privacy_request_state ON privacy_request (state);
CREATE TABLE push_subscription (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    endpoint_sha256 VARCHAR(64) NOT NULL,
    sealed BYTEA,
    browser VARCHAR(80) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (endpoint_sha256)
);
CREATE INDEX ix_push_subscription_account_id ON push_subscription (account_id);
CREATE INDEX ix_push_subscription_expires_at ON push_subscription (expires_at);
CREATE INDEX ix_push_subscription_user_id ON push_subscription (user_id);
CREATE TABLE queue_agent (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    phone VARCHAR(40) NOT NULL,
    state VARCHAR(8) NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE,
    changed_by VARCHAR(64),
    missed INTEGER NOT NULL,
    rests_until TIMESTAMP WITH TIME ZONE,
    rang_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (company_id, phone),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE TABLE queue_entry (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    flow VARCHAR(80) NOT NULL,
    step VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    skills JSONB NOT NULL,
    agent VARCHAR(40),
    point VARCHAR(100) NOT NULL,
    entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rang_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    tries INTEGER NOT NULL,
    talk_seconds INTEGER,
    pause_seconds INTEGER NOT NULL,
    target_seconds INTEGER NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_queue_entry_day ON queue_entry (company_id, entered_at);
CREATE INDEX ix_queue_entry_expires_at ON queue_entry (expires_at);
CREATE INDEX ix_queue_entry_live ON queue_entry (company_id) WHERE left_at IS NULL;
CREATE TABLE recording_notice (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    company_id VARCHAR NOT NULL,
    flow_version INTEGER NOT NULL,
    point VARCHAR(100) NOT NULL,
    step VARCHAR(64) NOT NULL,
    text VARCHAR NOT NULL,
    text_hash VARCHAR(64) NOT NULL,
    duties JSONB NOT NULL,
    choice VARCHAR(16),
    salt VARCHAR(32),
    decision_id VARCHAR(36),
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (connector, carrier_call_id, point),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_recording_notice_company_id ON recording_notice (company_id);
CREATE INDEX ix_recording_notice_expires_at ON recording_notice (expires_at);
CREATE TABLE recovery_code (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    code_sha256 VARCHAR(64) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (user_id, code_sha256),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_recovery_code_account_id ON recovery_code (account_id);
CREATE TABLE report_link (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    token_sha256 VARCHAR(64) NOT NULL,
    report VARCHAR(32) NOT NULL,
    "query" VARCHAR(2000) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (token_sha256)
);
CREATE INDEX ix_report_link_account_id ON report_link (account_id);
CREATE INDEX ix_report_link_company_id ON report_link (company_id);
CREATE INDEX ix_report_link_user_id ON report_link (user_id);
CREATE TABLE report_subscription (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    all_companies BOOLEAN NOT NULL,
    report VARCHAR(32) NOT NULL,
    "query" VARCHAR(2000) NOT NULL,
    saved_view_id VARCHAR(36),
    every VARCHAR(8) NOT NULL,
    hour INTEGER NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    email VARCHAR(250),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    stopped_at TIMESTAMP WITH TIME ZONE,
    stop_reason VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_report_subscription_account_id ON report_subscription (account_id);
CREATE INDEX ix_report_subscription_company_id ON report_subscription (company_id);
CREATE INDEX ix_report_subscription_expires_at ON report_subscription (expires_at);
CREATE INDEX ix_report_subscription_stopped ON report_subscription (stopped_at);
CREATE INDEX ix_report_subscription_user_id ON report_subscription (user_id);
CREATE TABLE restriction (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    person_id VARCHAR(36) NOT NULL,
    request_id VARCHAR(36) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_restriction_company_id ON restriction (company_id);
CREATE INDEX ix_restriction_person_id ON restriction (person_id);
CREATE TABLE saved_view (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    page VARCHAR(32) NOT NULL,
    company_id VARCHAR,
    name VARCHAR(64) NOT NULL,
    "query" VARCHAR(2000) NOT NULL,
    shared BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_saved_view_account_id ON saved_view (account_id);
CREATE INDEX ix_saved_view_company_id ON saved_view (company_id);
CREATE INDEX ix_saved_view_user_id ON saved_view (user_id);
CREATE TABLE search_word (
    row_id VARCHAR(36) NOT NULL,
    word BYTEA NOT NULL,
    company_id VARCHAR NOT NULL,
    PRIMARY KEY (row_id, word),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_search_word_found ON search_word (word, row_id);
CREATE TABLE sign_in_link (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    token_sha256 VARCHAR(64) NOT NULL,
    purpose VARCHAR(8) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    mail_refused BOOLEAN,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (token_sha256)
);
CREATE INDEX ix_sign_in_link_account_id ON sign_in_link (account_id);
CREATE INDEX ix_sign_in_link_ends_at ON sign_in_link (ends_at);
CREATE INDEX ix_sign_in_link_user_id ON sign_in_link (user_id);
CREATE TABLE signal (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    recording_id VARCHAR(36) NOT NULL,
    name VARCHAR(40) NOT NULL,
    is_outcome BOOLEAN NOT NULL,
    confidence FLOAT NOT NULL,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    connector VARCHAR(64) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_signal_expires_at ON signal (expires_at);
CREATE INDEX ix_signal_name ON signal (company_id, name, read_at);
CREATE INDEX ix_signal_recording_id ON signal (recording_id);
CREATE INDEX ix_signal_subject_id ON signal (subject_id);
CREATE TABLE source_rule (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    kind VARCHAR(16) NOT NULL,
    value VARCHAR(255) NOT NULL,
    source VARCHAR(100) NOT NULL,
    medium VARCHAR(100) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_source_rule_company_id ON source_rule (company_id);
CREATE TABLE spam_mark (
    subject_id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    marked_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (subject_id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_spam_mark_company_id ON spam_mark (company_id);
CREATE TABLE spam_score (
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    company_id VARCHAR NOT NULL,
    score INTEGER NOT NULL,
    reasons JSONB NOT NULL,
    action VARCHAR(16) NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    overruled_at TIMESTAMP WITH TIME ZONE,
    overruled_by VARCHAR(36),
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (connector, carrier_call_id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_spam_score_company_id ON spam_score (company_id);
CREATE INDEX ix_spam_score_expires_at ON spam_score (expires_at);
CREATE TABLE tag (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    name VARCHAR(40) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (subject_id, name),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_tag_expires_at ON tag (expires_at);
CREATE INDEX ix_tag_name ON tag (company_id, name);
CREATE TABLE tag_definition (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR,
    name VARCHAR(40) NOT NULL,
    color VARCHAR(8) NOT NULL,
    enabled BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_tag_definition_account_id ON tag_definition (account_id);
CREATE INDEX ix_tag_definition_company_id ON tag_definition (company_id);
CREATE INDEX ix_tag_definition_name ON tag_definition (account_id, name);
CREATE TABLE user_company (
    user_id VARCHAR(36) NOT NULL,
    company_id VARCHAR(36) NOT NULL,
    PRIMARY KEY (user_id, company_id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_user_company_company_id ON user_company (company_id);
CREATE TABLE user_secret (
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    totp_sealed BYTEA NOT NULL,
    totp_step INTEGER NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (user_id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_user_secret_account_id ON user_secret (account_id);
CREATE TABLE web_session (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    token_sha256 VARCHAR(64) NOT NULL,
    method VARCHAR(16) NOT NULL,
    browser VARCHAR(80) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id),
    UNIQUE (token_sha256)
);
CREATE INDEX ix_web_session_account_id ON web_session (account_id);
CREATE INDEX ix_web_session_ends_at ON web_session (ends_at);
CREATE INDEX ix_web_session_user_id ON web_session (user_id);
CREATE TABLE webhook_endpoint (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    name VARCHAR(40) NOT NULL,
    events JSONB NOT NULL,
    secret_sealed BYTEA,
    former_sealed BYTEA,
    former_until TIMESTAMP WITH TIME ZONE,
    secret_made_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    pause_reason VARCHAR(200),
    failing_since TIMESTAMP WITH TIME ZONE,
    last_refusal VARCHAR(200),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (company_id, name),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_webhook_endpoint_account_id ON webhook_endpoint (account_id);
CREATE TABLE year_rollup (
    company_id VARCHAR NOT NULL,
    model VARCHAR(16) NOT NULL,
    dimension VARCHAR(16) NOT NULL,
    day DATE NOT NULL,
    value VARCHAR(300) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    calls BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    first_time BIGINT NOT NULL,
    talk_seconds BIGINT NOT NULL,
    texts BIGINT NOT NULL,
    forms BIGINT NOT NULL,
    conversions BIGINT NOT NULL,
    leads BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    won BIGINT NOT NULL,
    spam_calls BIGINT NOT NULL,
    spam_answered BIGINT NOT NULL,
    spam_first_time BIGINT NOT NULL,
    spam_talk_seconds BIGINT NOT NULL,
    spam_texts BIGINT NOT NULL,
    spam_forms BIGINT NOT NULL,
    PRIMARY KEY (company_id, model, dimension, day, value, currency),
    FOREIGN KEY(company_id) REFERENCES company (id)
) /* sqlite: WITHOUT ROWID */;
CREATE TABLE alert_delivery (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    alert_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    channel VARCHAR(8) NOT NULL,
    target VARCHAR(36) NOT NULL,
    held BOOLEAN NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (alert_id, channel, target),
    FOREIGN KEY(alert_id) REFERENCES alert (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(user_id) REFERENCES app_user (id)
);
CREATE INDEX ix_alert_delivery_account_id ON alert_delivery (account_id);
CREATE INDEX ix_alert_delivery_expires_at ON alert_delivery (expires_at);
CREATE INDEX ix_alert_delivery_group ON alert_delivery (user_id, channel, target, state, due_at);
CREATE INDEX ix_alert_delivery_work ON alert_delivery (state, channel, due_at);
CREATE TABLE archived_call (
    id VARCHAR(36) NOT NULL,
    file_id VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(file_id) REFERENCES archive_file (id)
);
CREATE INDEX ix_archived_call_file_id ON archived_call (file_id);
CREATE TABLE assistant_token (
    token_sha256 VARCHAR(64) NOT NULL,
    account_id VARCHAR NOT NULL,
    grant_id VARCHAR NOT NULL,
    kind VARCHAR(8) NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (token_sha256),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(grant_id) REFERENCES assistant_grant (id)
);
CREATE INDEX ix_assistant_token_account_id ON assistant_token (account_id);
CREATE INDEX ix_assistant_token_ends_at ON assistant_token (ends_at);
CREATE INDEX ix_assistant_token_grant_id ON assistant_token (grant_id);
CREATE TABLE delivery (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    hook VARCHAR(32) NOT NULL,
    dedup_key VARCHAR(100) NOT NULL,
    item_key VARCHAR(64) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    conversion_id VARCHAR,
    subject_id VARCHAR(36) NOT NULL,
    company_id VARCHAR,
    amount NUMERIC(14, 4),
    currency VARCHAR(3),
    destination JSONB NOT NULL,
    decision_id VARCHAR(36),
    reason VARCHAR,
    code VARCHAR,
    reference VARCHAR,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_tried_at TIMESTAMP WITH TIME ZONE,
    accepted_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    set_aside_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (connector, dedup_key),
    FOREIGN KEY(conversion_id) REFERENCES conversion (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_delivery_company ON delivery (company_id, made_at);
CREATE INDEX ix_delivery_conversion_id ON delivery (conversion_id);
CREATE INDEX ix_delivery_counted ON delivery (company_id, hook, state, made_at, code);
CREATE INDEX ix_delivery_item_key ON delivery (item_key);
CREATE INDEX ix_delivery_of_state ON delivery (state, made_at, company_id, hook, code, set_aside_at);
CREATE INDEX ix_delivery_subject_id ON delivery (subject_id);
CREATE INDEX ix_delivery_work ON delivery (state, connector, hook, due_at);
CREATE TABLE idempotent_request (
    api_key_id VARCHAR(16) NOT NULL,
    key_sha256 VARCHAR(64) NOT NULL,
    account_id VARCHAR NOT NULL,
    request_signature VARCHAR(64) NOT NULL,
    status INTEGER,
    answer JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (api_key_id, key_sha256),
    FOREIGN KEY(api_key_id) REFERENCES api_key (id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_idempotent_request_account_id ON idempotent_request (account_id);
CREATE INDEX ix_idempotent_request_ends_at ON idempotent_request (ends_at);
CREATE TABLE identity_proof (
    id VARCHAR(36) NOT NULL,
    request_id VARCHAR NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    channel VARCHAR(8) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(request_id) REFERENCES privacy_request (id)
);
CREATE INDEX ix_identity_proof_fingerprint ON identity_proof (fingerprint);
CREATE INDEX ix_identity_proof_made_at ON identity_proof (made_at);
CREATE INDEX ix_identity_proof_request_id ON identity_proof (request_id);
CREATE TABLE person_merge (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    person_id VARCHAR NOT NULL,
    other_id VARCHAR NOT NULL,
    reason VARCHAR(200),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR(36) NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR(36),
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    FOREIGN KEY(other_id) REFERENCES person (id)
);
CREATE INDEX ix_person_merge_company_id ON person_merge (company_id);
CREATE INDEX ix_person_merge_expires_at ON person_merge (expires_at);
CREATE INDEX ix_person_merge_other_id ON person_merge (other_id);
CREATE INDEX ix_person_merge_person_id ON person_merge (person_id);
CREATE TABLE request_step (
    id VARCHAR(36) NOT NULL,
    request_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR NOT NULL,
    action VARCHAR(32) NOT NULL,
    result VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(request_id) REFERENCES privacy_request (id)
);
CREATE INDEX ix_request_step_request_id ON request_step (request_id);
CREATE TABLE request_task (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    request_id VARCHAR NOT NULL,
    hook VARCHAR(32) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    records INTEGER NOT NULL,
    reason VARCHAR,
    finished_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (request_id, hook, connector),
    FOREIGN KEY(request_id) REFERENCES privacy_request (id)
);
CREATE INDEX ix_request_task_request_id ON request_task (request_id);
CREATE INDEX ix_request_task_work ON request_task (state, due_at);
CREATE TABLE tracker (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    name VARCHAR(64) NOT NULL,
    title VARCHAR(80) DEFAULT '' NOT NULL,
    type VARCHAR(16) NOT NULL,
    carrier VARCHAR(64) NOT NULL,
    source VARCHAR,
    medium VARCHAR,
    campaign VARCHAR,
    is_default BOOLEAN NOT NULL,
    for_signals BOOLEAN DEFAULT false NOT NULL,
    hold_seconds INTEGER DEFAULT '1800' NOT NULL,
    max_idle_seconds INTEGER DEFAULT '14400' NOT NULL,
    cool_down_seconds INTEGER DEFAULT '604800' NOT NULL,
    reserve FLOAT DEFAULT '0.2' NOT NULL,
    flow_version_id VARCHAR,
    retired_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (company_id, name),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(flow_version_id) REFERENCES flow_version (id)
);
CREATE INDEX ix_tracker_company_id ON tracker (company_id);
CREATE TABLE webhook_event (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    endpoint_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    type VARCHAR(24) NOT NULL,
    subject_id VARCHAR(36) NOT NULL,
    changes JSONB NOT NULL,
    dedup_key VARCHAR(120) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_tried_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    status INTEGER,
    reason VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (endpoint_id, dedup_key),
    FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoint (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_webhook_event_account_id ON webhook_event (account_id);
CREATE INDEX ix_webhook_event_company_id ON webhook_event (company_id);
CREATE INDEX ix_webhook_event_expires_at ON webhook_event (expires_at);
CREATE INDEX ix_webhook_event_newest ON webhook_event (endpoint_id, at);
CREATE INDEX ix_webhook_event_subject ON webhook_event (subject_id);
CREATE INDEX ix_webhook_event_work ON webhook_event (state, endpoint_id, due_at);
CREATE TABLE attempt (
    id VARCHAR(36) NOT NULL,
    delivery_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    result VARCHAR(16) NOT NULL,
    code VARCHAR,
    reason VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(delivery_id) REFERENCES delivery (id)
);
CREATE INDEX ix_attempt_delivery_id ON attempt (delivery_id);
CREATE TABLE call (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    tracking_number VARCHAR(16),
    caller_number VARCHAR(16),
    attestation VARCHAR(1),
    status VARCHAR(16) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    start_reported BOOLEAN NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_by VARCHAR(38),
    answered_device VARCHAR(16),
    ended_at TIMESTAMP WITH TIME ZONE,
    duration INTEGER,
    failure VARCHAR(24),
    voicemail BOOLEAN NOT NULL,
    recording_id VARCHAR,
    recording_url TEXT,
    recording_duration INTEGER,
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_call_id VARCHAR(64) NOT NULL,
    company_id VARCHAR,
    tracker_id VARCHAR,
    person_id VARCHAR,
    sealed_name BYTEA,
    first_time_caller BOOLEAN,
    spam BOOLEAN NOT NULL,
    enriched_at TIMESTAMP WITH TIME ZONE,
    found_by VARCHAR(16) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (connector, carrier_call_id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_call_agent ON call (answered_by, started_at) WHERE answered_by IS NOT NULL;
CREATE INDEX ix_call_caller ON call (caller_number, company_id, started_at);
CREATE INDEX ix_call_caller_time ON call (caller_number, started_at);
CREATE INDEX ix_call_carrier_call_id ON call (carrier_call_id);
CREATE INDEX ix_call_day ON call (company_id, started_at, answered_at, status, voicemail, first_time_caller, duration, spam);
CREATE INDEX ix_call_expires_at ON call (expires_at);
CREATE INDEX ix_call_missed ON call (company_id, started_at) WHERE answered_at IS NULL;
CREATE INDEX ix_call_number ON call (tracking_number, company_id, started_at);
CREATE INDEX ix_call_person ON call (person_id, started_at);
CREATE INDEX ix_call_spoken ON call (caller_number, company_id, answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX ix_call_started_at ON call (started_at);
CREATE INDEX ix_call_tracker ON call (tracker_id, started_at);
CREATE INDEX ix_call_work ON call (state, due_at);
CREATE TABLE number_purchase (
    id VARCHAR(36) NOT NULL,
    account_id VARCHAR NOT NULL,
    tracker_id VARCHAR NOT NULL,
    number VARCHAR(16) NOT NULL,
    monthly_price NUMERIC(14, 4),
    price_currency VARCHAR(3),
    state VARCHAR(16) NOT NULL,
    detail VARCHAR NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_by VARCHAR(64) NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id)
);
CREATE INDEX ix_number_purchase_account_id ON number_purchase (account_id);
CREATE UNIQUE INDEX ix_number_purchase_open ON number_purchase (number) WHERE state IN ('asked', 'unknown');
CREATE INDEX ix_number_purchase_tracker_id ON number_purchase (tracker_id);
CREATE TABLE pool_hour (
    tracker_id VARCHAR NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    size INTEGER NOT NULL,
    most_held INTEGER NOT NULL,
    lent INTEGER NOT NULL,
    overflows INTEGER NOT NULL,
    held_seconds INTEGER NOT NULL,
    PRIMARY KEY (tracker_id, hour),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id)
);
CREATE TABLE pool_overflow (
    id VARCHAR(36) NOT NULL,
    tracker_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id)
);
CREATE INDEX ix_pool_overflow_read ON pool_overflow (tracker_id, at);
CREATE TABLE port_order (
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    account_id VARCHAR,
    tracker_id VARCHAR,
    losing_carrier VARCHAR(100) NOT NULL,
    order_id VARCHAR(64),
    numbers JSONB NOT NULL,
    status VARCHAR(16) NOT NULL,
    detail VARCHAR NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reported_at TIMESTAMP WITH TIME ZONE,
    ports_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(account_id) REFERENCES account (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id)
);
CREATE INDEX ix_port_order_account_id ON port_order (account_id);
CREATE INDEX ix_port_order_connector ON port_order (connector);
CREATE INDEX ix_port_order_tracker_id ON port_order (tracker_id);
CREATE TABLE text_message (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_message_id VARCHAR(64),
    direction VARCHAR(3) NOT NULL,
    purpose VARCHAR(24),
    status VARCHAR(16) NOT NULL,
    code VARCHAR,
    reason VARCHAR,
    company_id VARCHAR,
    tracker_id VARCHAR,
    person_id VARCHAR,
    tracking_number VARCHAR(16) NOT NULL,
    person_number VARCHAR(16),
    meaning VARCHAR(8),
    body BYTEA,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    enriched_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (connector, carrier_message_id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id),
    FOREIGN KEY(person_id) REFERENCES person (id)
);
CREATE INDEX ix_text_message_at ON text_message (at);
CREATE INDEX ix_text_message_day ON text_message (company_id, at);
CREATE INDEX ix_text_message_expires_at ON text_message (expires_at);
CREATE INDEX ix_text_message_person ON text_message (person_id, at);
CREATE INDEX ix_text_message_thread ON text_message (company_id, person_number, at);
CREATE INDEX ix_text_message_told ON text_message (connector, at);
CREATE INDEX ix_text_message_work ON text_message (state, due_at);
CREATE TABLE tracking_number (
    id VARCHAR(36) NOT NULL,
    tracker_id VARCHAR NOT NULL,
    number VARCHAR(16) NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE,
    lease_id VARCHAR(36),
    came_at TIMESTAMP WITH TIME ZONE,
    bought BOOLEAN NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    released_at TIMESTAMP WITH TIME ZONE,
    rest_reason VARCHAR(24),
    rest_until TIMESTAMP WITH TIME ZONE,
    monthly_price NUMERIC(14, 4),
    price_currency VARCHAR(3),
    standing VARCHAR(24),
    checked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(tracker_id) REFERENCES tracker (id),
    UNIQUE (number)
);
CREATE INDEX ix_tracking_number_idle ON tracking_number (tracker_id, leased_until, id);
CREATE TABLE call_event (
    id VARCHAR(36) NOT NULL,
    call_id VARCHAR NOT NULL,
    inbox_id VARCHAR(36),
    kind VARCHAR(16) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reported_by VARCHAR(16) NOT NULL,
    noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    leg JSONB NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(call_id) REFERENCES call (id)
);
CREATE INDEX ix_call_event_call_id ON call_event (call_id);
CREATE TABLE recording (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    connector VARCHAR(64) NOT NULL,
    carrier_recording_id VARCHAR(64) NOT NULL,
    call_id VARCHAR NOT NULL,
    kind VARCHAR(16) NOT NULL,
    url TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    duration INTEGER,
    content_type VARCHAR(32),
    size INTEGER,
    sha256 VARCHAR(64),
    path VARCHAR(200),
    stored_at TIMESTAMP WITH TIME ZONE,
    carrier_deleted_at TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (connector, carrier_recording_id),
    FOREIGN KEY(call_id) REFERENCES call (id)
);
CREATE INDEX ix_recording_call_id ON recording (call_id);
CREATE INDEX ix_recording_expires_at ON recording (expires_at);
CREATE INDEX ix_recording_recorded_at ON recording (recorded_at);
CREATE INDEX ix_recording_size ON recording (recorded_at, size) WHERE path IS NOT NULL;
CREATE INDEX ix_recording_work ON recording (state, due_at, connector);
CREATE TABLE text_media (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    text_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    url TEXT,
    content_type VARCHAR(100),
    size INTEGER,
    data BYTEA,
    reason VARCHAR,
    fetched_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (text_id, position),
    FOREIGN KEY(text_id) REFERENCES text_message (id)
);
CREATE INDEX ix_text_media_expires_at ON text_media (expires_at);
CREATE INDEX ix_text_media_work ON text_media (state, due_at);
CREATE TABLE thread_archive (
    text_id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    archived_by VARCHAR(36) NOT NULL,
    PRIMARY KEY (text_id),
    FOREIGN KEY(text_id) REFERENCES text_message (id),
    FOREIGN KEY(company_id) REFERENCES company (id)
);
CREATE INDEX ix_thread_archive_company_id ON thread_archive (company_id);
CREATE TABLE visit (
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    visitor_id VARCHAR(64),
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    landing_page TEXT,
    referrer TEXT,
    parameters JSONB NOT NULL,
    click_ids JSONB NOT NULL,
    clicked_at JSONB NOT NULL,
    cookies JSONB NOT NULL,
    source VARCHAR NOT NULL,
    medium VARCHAR NOT NULL,
    campaign VARCHAR,
    keyword TEXT,
    rule VARCHAR NOT NULL,
    trace JSONB NOT NULL,
    gpc BOOLEAN NOT NULL,
    dnt BOOLEAN NOT NULL,
    consent JSONB NOT NULL,
    user_agent VARCHAR(400),
    person_id VARCHAR(36),
    last_seen_at TIMESTAMP WITH TIME ZONE,
    human_at TIMESTAMP WITH TIME ZONE,
    number_shown_id VARCHAR,
    clicks_end_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(number_shown_id) REFERENCES tracking_number (id)
);
CREATE INDEX ix_visit_browser ON visit (visitor_id, company_id, started_at);
CREATE INDEX ix_visit_clicks_end_at ON visit (clicks_end_at);
CREATE INDEX ix_visit_company ON visit (company_id, started_at);
CREATE INDEX ix_visit_expires_at ON visit (expires_at);
CREATE INDEX ix_visit_number_shown ON visit (number_shown_id, started_at);
CREATE INDEX ix_visit_person_id ON visit (person_id);
CREATE INDEX ix_visit_started_at ON visit (started_at);
CREATE TABLE attribution (
    subject_id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    visit_id VARCHAR,
    source VARCHAR NOT NULL,
    medium VARCHAR NOT NULL,
    campaign VARCHAR,
    keyword TEXT,
    landing_page TEXT,
    click_ids JSONB NOT NULL,
    clicked_at TIMESTAMP WITH TIME ZONE,
    rule VARCHAR NOT NULL,
    confidence FLOAT NOT NULL,
    trace JSONB NOT NULL,
    candidates JSONB NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    clicks_end_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (subject_id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(visit_id) REFERENCES visit (id)
);
CREATE INDEX ix_attribution_campaign ON attribution (company_id, campaign) WHERE campaign IS NOT NULL;
CREATE INDEX ix_attribution_clicks_end_at ON attribution (clicks_end_at);
CREATE INDEX ix_attribution_expires_at ON attribution (expires_at);
CREATE INDEX ix_attribution_keyword ON attribution (company_id, keyword) WHERE keyword IS NOT NULL;
CREATE INDEX ix_attribution_source ON attribution (company_id, source, medium);
CREATE INDEX ix_attribution_visit_id ON attribution (visit_id);
CREATE TABLE form_submission (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    company_id VARCHAR NOT NULL,
    visit_id VARCHAR,
    person_id VARCHAR,
    submission_key VARCHAR(100) NOT NULL,
    form_id VARCHAR(200),
    page TEXT,
    phone_number VARCHAR(16),
    email TEXT,
    sealed_name BYTEA,
    sealed_fields BYTEA,
    consent JSONB NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_time_contact BOOLEAN,
    enriched_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(company_id) REFERENCES company (id),
    FOREIGN KEY(visit_id) REFERENCES visit (id),
    FOREIGN KEY(person_id) REFERENCES person (id),
    UNIQUE (submission_key)
);
CREATE INDEX ix_form_submission_day ON form_submission (company_id, submitted_at);
CREATE INDEX ix_form_submission_email ON form_submission (email);
CREATE INDEX ix_form_submission_expires_at ON form_submission (expires_at);
CREATE INDEX ix_form_submission_person ON form_submission (person_id, submitted_at);
CREATE INDEX ix_form_submission_phone_number ON form_submission (phone_number);
CREATE INDEX ix_form_submission_submitted_at ON form_submission (submitted_at);
CREATE INDEX ix_form_submission_visit_id ON form_submission (visit_id);
CREATE INDEX ix_form_submission_work ON form_submission (state, due_at);
CREATE TABLE lease (
    id VARCHAR(36) NOT NULL,
    tracking_number_id VARCHAR NOT NULL,
    visit_id VARCHAR NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    viewed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY(tracking_number_id) REFERENCES tracking_number (id),
    FOREIGN KEY(visit_id) REFERENCES visit (id)
);
CREATE INDEX ix_lease_granted_at ON lease (granted_at);
CREATE INDEX ix_lease_number ON lease (tracking_number_id, expires_at);
CREATE INDEX ix_lease_visit_id ON lease (visit_id);
CREATE TABLE page_view (
    id VARCHAR(36) NOT NULL,
    visit_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    url TEXT,
    title VARCHAR(300),
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(visit_id) REFERENCES visit (id)
);
CREATE INDEX ix_page_view_expires_at ON page_view (expires_at);
CREATE INDEX ix_page_view_visit_id ON page_view (visit_id);
CREATE TABLE recording_peaks (
    recording_id VARCHAR(36) NOT NULL,
    channels INTEGER NOT NULL,
    peaks BYTEA NOT NULL,
    PRIMARY KEY (recording_id),
    FOREIGN KEY(recording_id) REFERENCES recording (id)
);
CREATE TABLE transcript (
    state VARCHAR(16) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    lease_token VARCHAR(36),
    attempts INTEGER NOT NULL,
    deaths INTEGER DEFAULT '0' NOT NULL,
    last_hook VARCHAR(130),
    id VARCHAR(36) NOT NULL,
    recording_id VARCHAR NOT NULL,
    connector VARCHAR(64) NOT NULL,
    language VARCHAR(35) NOT NULL,
    sealed BYTEA,
    model VARCHAR,
    reason VARCHAR,
    written_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (recording_id),
    FOREIGN KEY(recording_id) REFERENCES recording (id)
);
CREATE INDEX ix_transcript_expires_at ON transcript (expires_at);
CREATE INDEX ix_transcript_work ON transcript (state, due_at, connector);
