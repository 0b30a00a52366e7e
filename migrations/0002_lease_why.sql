-- why the lease in force was granted: 'appointment', 'retry', 'fresh', 'person'; '' before the first
alter table cases add column lease_why text not null default '';
