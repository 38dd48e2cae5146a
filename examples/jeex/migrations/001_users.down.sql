drop table users;
drop function refuse_delete();
drop function touch();
