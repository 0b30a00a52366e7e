-- the places of leases that ended by themselves are looked for every two seconds; few cases have one
create index cases_reserved on cases (survey_id, lease_until_us) where reserved;
