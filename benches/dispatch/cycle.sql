with d as (
    select case_no from cases where state = 1 and due_us <= 1 order by priority, case_no limit 1
    for update skip locked
)
update cases c set state = 2, epoch = c.epoch + 1, holder = :client_id, lease_until_us = 1
from d where c.case_no = d.case_no returning c.case_no as case_no, c.epoch as epoch \gset
with u as (
    update cases set state = 3, lease_until_us = 0 where case_no = :case_no and epoch = :epoch
    and holder = :client_id and state = 2 returning case_no, cell_no
), k as (
    insert into request_key select gen_random_uuid(), case_no, 1 from u
), q as (
    update cell set done = cell.done + 1 from u where cell.cell_no = u.cell_no and cell.done < cell.cap_n
), a as (
    insert into attempt select case_no, 1, 1, :client_id, 1 from u
), i as (
    insert into interview select case_no, 1, :client_id,
    '{"i01.q01":7,"i01.q02":7,"i01.q03":7,"i01.q04":7,"i01.q05":7,"i02.q06":7,"i02.q07":7,"i02.q08":7,"i02.q09":7,"i02.q10":7,"i03.q11":7,"i03.q12":7,"i03.q13":7,"i03.q14":7,"i03.q15":7,"i04.q16":7,"i04.q17":7,"i04.q18":7,"i04.q19":7,"i04.q20":7}'
    from u
)
select count(*) from u;
