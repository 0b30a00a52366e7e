-- grows with every transaction that changes a survey or its cases: what a replica remembers of a survey
-- is true while this number stands as it knows it
alter table survey add column writes bigint not null default 0;
