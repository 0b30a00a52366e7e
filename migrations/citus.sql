-- Spreads the tables over the workers of a Citus cluster (12 or later), a survey a shard. Run it once,
-- as one transaction, on the coordinator, after `canvass serve` has made the schema and before the
-- first survey:
--
--   psql -1 -v ON_ERROR_STOP=1 -f migrations/citus.sql postgres://…/canvass
--
-- It is no numbered migration: a plain PostgreSQL never sees it. One survey lies on one worker: this
-- carries many surveys, it makes none of them faster. Worker max_connections must be at least the pools
-- of all replicas together (16 each).

-- names stay unique: a survey is made under the head of the installation's log (survey 0)
drop index survey_name;
create index survey_name on survey (name);

-- small, seldom written, read beside everything: a copy on every worker
select create_reference_table('installation');
select create_reference_table('users');
select create_reference_table('user_survey');
select create_reference_table('token');

select create_distributed_table('survey', 'survey_id', colocate_with => 'none');
select create_distributed_table('questionnaire', 'survey_id', colocate_with => 'survey');
select create_distributed_table('scheme', 'survey_id', colocate_with => 'survey');
select create_distributed_table('roster_import', 'survey_id', colocate_with => 'survey');
select create_distributed_table('roster_line', 'survey_id', colocate_with => 'survey');
select create_distributed_table('target', 'survey_id', colocate_with => 'survey');
select create_distributed_table('stratum', 'survey_id', colocate_with => 'survey');
select create_distributed_table('unit', 'survey_id', colocate_with => 'survey');
select create_distributed_table('unit_phone', 'survey_id', colocate_with => 'survey');
select create_distributed_table('unit_target', 'survey_id', colocate_with => 'survey');
select create_distributed_table('draw', 'survey_id', colocate_with => 'survey');
select create_distributed_table('cell', 'survey_id', colocate_with => 'survey');
select create_distributed_table('cases', 'survey_id', colocate_with => 'survey');
select create_distributed_table('attempt', 'survey_id', colocate_with => 'survey');
select create_distributed_table('interview', 'survey_id', colocate_with => 'survey');
select create_distributed_table('rating', 'survey_id', colocate_with => 'survey');
select create_distributed_table('draft', 'survey_id', colocate_with => 'survey');
select create_distributed_table('quarantine', 'survey_id', colocate_with => 'survey');
select create_distributed_table('request_key', 'survey_id', colocate_with => 'survey');
select create_distributed_table('event', 'survey_id', colocate_with => 'survey');

-- its key does not begin with the survey: one shard, somewhere
select create_distributed_table('access_log', null, colocate_with => 'none');
