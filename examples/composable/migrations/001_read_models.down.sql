drop table payment;
drop table carrier;
drop table order_overview;
