drop table projects;
drop function refuse_new_language();
