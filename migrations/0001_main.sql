-- The whole memory of canvass. The same text runs on SQLite and PostgreSQL.
--
-- Portable types only: bigint, text, double precision, boolean, bytea. Times are bigint
-- microseconds UTC (suffix _us), 0 = not set. Every survey-scoped key starts with survey_id, which
-- is also what a distributed PostgreSQL shards on. Lowercase, no triggers, no defaults that read
-- a clock. A landed file is never edited; the next change is the next number.

-- one row: which installation this is
create table installation (
    installation_id bigint primary key,
    -- sha-256 of 'check|' and the installation key: another key is refused
    key_check bytea not null,
    -- grows when a database is restored, so that leases from before are fenced
    incarnation bigint not null,
    created_us bigint not null
);

-- who may come in
create table users (
    user_id bigint primary key,
    name text not null,
    -- 1 interviewer, 2 supervisor, 3 administrator
    role bigint not null,
    -- argon2id in phc form
    secret_hash text not null,
    -- true: a one-time secret, to be changed at the next sign-in
    must_change boolean not null,
    revoked boolean not null,
    created_us bigint not null
);
create unique index users_name on users (name);

create table user_survey (
    user_id bigint not null,
    survey_id bigint not null,
    primary key (user_id, survey_id)
);

create table token (
    -- sha-256 of the 32 random bytes
    token_hash bytea primary key,
    user_id bigint not null,
    label text not null,
    created_us bigint not null,
    expires_us bigint not null
);
create index token_user on token (user_id);

-- a survey; row 0 is the head of the installation's own log (users, tokens)
create table survey (
    survey_id bigint primary key,
    name text not null,
    title text not null,
    series text not null,
    round bigint not null,
    -- 1 parents, 2 contacts, 0 for row 0
    kind bigint not null,
    zone text not null,
    window_open_min bigint not null,
    window_close_min bigint not null,
    lease_ttl_s bigint not null,
    language text not null,
    -- 'rule' or 'manual'
    release text not null,
    max_lines_per_phone bigint not null,
    -- 1 draft .. 7 closed
    state bigint not null,
    -- position of the last event; contiguous and in commit order
    event_head bigint not null,
    -- highest numbers given so far
    import_head bigint not null,
    draw_head bigint not null,
    quarantine_head bigint not null,
    questionnaire_version text not null,
    scheme_version text not null,
    frame_sha256 text not null,
    units bigint not null,
    -- bytes of design.json, empty before the design
    design bytea not null,
    -- draw in force, 0 before
    draw_no bigint not null,
    created_us bigint not null
);
create unique index survey_name on survey (name);

create table questionnaire (
    survey_id bigint not null,
    version text not null,
    -- canonical json
    body text not null,
    published_us bigint not null,
    user_id bigint not null,
    primary key (survey_id, version)
);

create table scheme (
    survey_id bigint not null,
    version text not null,
    name text not null,
    body text not null,
    published_us bigint not null,
    user_id bigint not null,
    primary key (survey_id, version)
);

-- one import; its lines are visible only while status is 'accepted'
create table roster_import (
    survey_id bigint not null,
    import_no bigint not null,
    -- 1 parents, 2 contacts, 3 targets
    kind bigint not null,
    file_name text not null,
    file_sha256 text not null,
    -- 'staged' (nobody reads its lines), 'accepted', 'unchanged', 'refused', 'replaced'
    status text not null,
    accepted bigint not null,
    unchanged bigint not null,
    rejected bigint not null,
    held bigint not null,
    ignored bigint not null,
    problem_count bigint not null,
    -- json: how columns were read, encoding, header rows, reading options
    detail text not null,
    created_us bigint not null,
    user_id bigint not null,
    primary key (survey_id, import_no)
);

-- one line of a roster as it was read
create table roster_line (
    survey_id bigint not null,
    import_no bigint not null,
    -- order within the import, from 1; a sheet line may give several
    line_no bigint not null,
    sheet text not null,
    -- physical line in the sheet or file, from 1
    sheet_line bigint not null,
    -- 'accepted', 'held', 'rejected', 'note'
    state text not null,
    -- canonical keys of the frame, empty for rejected lines
    stratum text not null,
    unit text not null,
    -- what else the line says: labels, names, phones, targets (json)
    body text not null,
    -- sha-256 of the content, to tell equal from changed
    content bytea not null,
    -- reason and column, for lines not taken
    code text not null,
    sheet_column text not null,
    message text not null,
    -- json of the row's cells, to hand it back as it was
    cells text not null,
    primary key (survey_id, import_no, line_no)
);
create index roster_line_unit on roster_line (survey_id, stratum, unit);

create table target (
    survey_id bigint not null,
    target_no bigint not null,
    key text not null,
    name text not null,
    class text not null,
    pool text not null,
    primary key (survey_id, target_no)
);
create unique index target_key on target (survey_id, key);

create table stratum (
    survey_id bigint not null,
    stratum_no bigint not null,
    name text not null,
    target_no bigint not null,
    -- lines in the roster, of these rejected and held, units in the frame
    listed bigint not null,
    rejected bigint not null,
    held bigint not null,
    units bigint not null,
    primary key (survey_id, stratum_no)
);
create unique index stratum_name on stratum (survey_id, name);

-- the frozen frame, in the order of frame.csv
create table unit (
    survey_id bigint not null,
    unit_no bigint not null,
    stratum_no bigint not null,
    key text not null,
    name text not null,
    ask_for text not null,
    category text not null,
    multiplicity bigint not null,
    -- smallest person hash of the units connected by shared phones; null without a phone
    person_group bytea,
    primary key (survey_id, unit_no)
);
create index unit_stratum on unit (survey_id, stratum_no, key);

create table unit_phone (
    survey_id bigint not null,
    unit_no bigint not null,
    -- order of dialling, from 1
    phone_no bigint not null,
    e164 text not null,
    extension text not null,
    original text not null,
    -- hmac of the number with the installation key
    person bytea not null,
    -- an attempt found it wrong or not working
    bad boolean not null,
    primary key (survey_id, unit_no, phone_no)
);

create table unit_target (
    survey_id bigint not null,
    unit_no bigint not null,
    target_no bigint not null,
    primary key (survey_id, unit_no, target_no)
);

-- every draw ever made of the frame; a sample follows from frame, design and seed, so that only its
-- hash is kept, and the draw in force stands in cases
create table draw (
    survey_id bigint not null,
    draw_no bigint not null,
    -- 'seeded', 'drawn', 'discarded'
    state text not null,
    algorithm bigint not null,
    method text not null,
    frame_sha256 text not null,
    sources text not null,
    seed text not null,
    cases bigint not null,
    sample_sha256 text not null,
    seeded_us bigint not null,
    drawn_us bigint not null,
    discard_reason text not null,
    primary key (survey_id, draw_no)
);

create table cell (
    survey_id bigint not null,
    cell_no bigint not null,
    stratum_no bigint not null,
    -- valid interviews aimed at, and where counting stops
    target_n bigint not null,
    cap_n bigint not null,
    -- places reserved by interviews under way, valid interviews that count
    held bigint not null,
    done bigint not null,
    -- highest replicate released, 0 = main cases only; cases released, and of these final
    released_replicate bigint not null,
    released_n bigint not null,
    final_n bigint not null,
    primary key (survey_id, cell_no),
    check (held >= 0),
    check (done >= 0)
);

create table cases (
    survey_id bigint not null,
    case_no bigint not null,
    -- fixed by the draw
    unit_no bigint not null,
    cell_no bigint not null,
    role bigint not null,
    replicate bigint not null,
    draw_rank bigint not null,
    zone bigint not null,
    person_group bytea,
    -- 0 unreleased, 1 fresh, 2 open, 3 final
    state bigint not null,
    code text not null,
    -- where the pull finds it: 0 appointments, 1 retries, 2 fresh (by priority),
    -- 8 parked (its cell is full), 9 never
    queue bigint not null,
    priority bigint not null,
    due_us bigint not null,
    -- its own plan, kept while a lease moves queue and due_us
    plan_queue bigint not null,
    plan_due_us bigint not null,
    appointment_us bigint not null,
    -- the lease: holder is the user of the current epoch, lease_until_us 0 = ended; the epoch only
    -- grows
    epoch bigint not null,
    holder bigint not null,
    lease_since_us bigint not null,
    lease_until_us bigint not null,
    started boolean not null,
    reserved boolean not null,
    -- dials so far, number to dial next
    attempts bigint not null,
    phone_no bigint not null,
    -- version of the interview in force, 0 = none, and whether it counts in the cell
    interview_version bigint not null,
    counted boolean not null,
    -- grows with every change: the guard of every write
    revision bigint not null,
    primary key (survey_id, case_no)
);
create index cases_due on cases (survey_id, zone, queue, due_us, priority, case_no);
create index cases_cell on cases (survey_id, cell_no, replicate);
create index cases_person on cases (survey_id, person_group);
create index cases_holder on cases (survey_id, holder, lease_until_us);
create unique index cases_unit on cases (survey_id, unit_no);

-- one dial, append-only; a correction is a new version
create table attempt (
    survey_id bigint not null,
    case_no bigint not null,
    attempt_no bigint not null,
    version bigint not null,
    at_us bigint not null,
    user_id bigint not null,
    outcome bigint not null,
    code text not null,
    phone_no bigint not null,
    note text not null,
    call_back_us bigint not null,
    epoch bigint not null,
    primary key (survey_id, case_no, attempt_no, version)
);
create index attempt_at on attempt (survey_id, at_us);

-- answers of one case, never overwritten; a correction is a new version
create table interview (
    survey_id bigint not null,
    case_no bigint not null,
    version bigint not null,
    -- 'counted', 'over_quota', 'not_valid', 'withdrawn'
    status text not null,
    code text not null,
    attempt_no bigint not null,
    at_us bigint not null,
    user_id bigint not null,
    epoch bigint not null,
    questionnaire_version text not null,
    reason text not null,
    primary key (survey_id, case_no, version)
);

create table rating (
    survey_id bigint not null,
    case_no bigint not null,
    version bigint not null,
    target_no bigint not null,
    valid boolean not null,
    -- canonical json, items in the questionnaire's order
    answers text not null,
    primary key (survey_id, case_no, version, target_no)
);

-- the draft of an interview under way; goes to the next holder
create table draft (
    survey_id bigint not null,
    case_no bigint not null,
    epoch bigint not null,
    save_no bigint not null,
    body text not null,
    primary key (survey_id, case_no)
);

-- what came too late, kept whole
create table quarantine (
    survey_id bigint not null,
    quarantine_no bigint not null,
    -- 'interview' or 'attempt'
    kind text not null,
    case_no bigint not null,
    incarnation bigint not null,
    epoch bigint not null,
    user_id bigint not null,
    at_us bigint not null,
    -- 'superseded' or 'closed'
    why text not null,
    body text not null,
    -- 'waiting', 'accepted', 'discarded'
    state text not null,
    reason text not null,
    resolved_by bigint not null,
    resolved_us bigint not null,
    primary key (survey_id, quarantine_no)
);

-- what was answered to every write, for the life of the survey
create table request_key (
    survey_id bigint not null,
    request_id bytea not null,
    user_id bigint not null,
    method text not null,
    -- sha-256 of the request without its id
    request_sha256 bytea not null,
    receipt text not null,
    at_us bigint not null,
    primary key (survey_id, request_id)
);

-- the append-only log of a survey
create table event (
    survey_id bigint not null,
    log_pos bigint not null,
    at_us bigint not null,
    user_id bigint not null,
    kind text not null,
    case_no bigint not null,
    -- protobuf EventBody; commitment = sha-256(salt, body)
    body bytea not null,
    salt bytea not null,
    commitment bytea not null,
    primary key (survey_id, log_pos)
);
create index event_case on event (survey_id, case_no, log_pos);

-- who took what out; outside the survey's log, so that an export does not move it
create table access_log (
    access_id bytea primary key,
    survey_id bigint not null,
    at_us bigint not null,
    user_id bigint not null,
    what text not null,
    log_pos bigint not null
);
