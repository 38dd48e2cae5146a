drop table plan;
