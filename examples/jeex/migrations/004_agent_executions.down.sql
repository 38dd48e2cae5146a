drop table agent_executions;
