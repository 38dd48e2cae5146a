-- follows the events of the store; rebuilt from them when it should look otherwise
create table order_overview (
  id text primary key,
  customer text not null,
  total int not null,
  due int not null,
  status text not null
);
create index order_overview_customer on order_overview (customer);

-- what a parcel is handed to; the overview knows no other
create table carrier (
  name text primary key
);
insert into carrier (name) values ('post');

-- the application's own row beside the event that it was paid: both or neither
create table payment (
  order_id text not null,
  amount int not null check (amount > 0),
  reference text primary key
);
