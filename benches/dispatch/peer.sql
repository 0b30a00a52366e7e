-- A call list as somebody writes it by hand: no head, no log, no draft, no check of persons. What it
-- keeps of a cycle is what must not be lost: the lease, the key of the request, the dial, the answers,
-- the count of the cell.
create table cell (cell_no bigint primary key, cap_n bigint not null, done bigint not null);
create table cases (
    case_no bigint primary key, cell_no bigint not null, state bigint not null, priority bigint not null,
    due_us bigint not null, epoch bigint not null, holder bigint not null, lease_until_us bigint not null
);
create table attempt (
    case_no bigint not null, attempt_no bigint not null, at_us bigint not null, user_id bigint not null,
    outcome bigint not null, primary key (case_no, attempt_no)
);
create table interview (
    case_no bigint primary key, at_us bigint not null, user_id bigint not null, answers text not null
);
create table request_key (request_id uuid primary key, case_no bigint not null, at_us bigint not null);
insert into cell select n, 1000000, 0 from generate_series(0, 999) n;
insert into cases select n, n % 1000, 1, n, 0, 0, 0, 0 from generate_series(1, 1000000) n;
create index cases_due on cases (priority, case_no) where state = 1;
analyze;
