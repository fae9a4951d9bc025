--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.people (
    id integer NOT NULL,
    email text NOT NULL,
    born date
);

COPY public.people (id, email, born) FROM stdin;
1	person1@private.example	1951-02-11
2	person2@private.example	1952-03-12
3	person3@private.example	1953-04-13
4	person4@private.example	1954-05-14
5	person5@private.example	1955-06-15
6	person6@private.example	1956-07-16
7	person7@private.example	1957-08-17
8	person8@private.example	1958-09-18
9	person9@private.example	1959-01-10
10	person10@private.example	1960-02-11
11	person11@private.example	1961-03-12
12	person12@private.example	1962-04-13
13	person13@private.example	1963-05-14
14	person14@private.example	1964-06-15
15	person15@private.example	1965-07-16
16	person16@private.example	1966-08-17
17	person17@private.example	1967-09-18
18	person18@private.example	1968-01-10
19	person19@private.example	1969-02-11
20	person20@private.example	1970-03-12
21	person21@private.example	1971-04-13
22	person22@private.example	1972-05-14
23	person23@private.example	1973-06-15
24	person24@private.example	1974-07-16
25	person25@private.example	1975-08-17
26	person26@private.example	1976-09-18
27	person27@private.example	1977-01-10
28	person28@private.example	1978-02-11
29	person29@private.example	1979-03-12
30	person30@private.example	1980-04-13
31	person31@private.example	1981-05-14
32	person32@private.example	1982-06-15
33	person33@private.example	1983-07-16
34	person34@private.example	1984-08-17
35	person35@private.example	1985-09-18
36	person36@private.example	1986-01-10
37	person37@private.example	1987-02-11
38	person38@private.example	1988-03-12
39	person39@private.example	1989-04-13
40	person40@private.example	1990-05-14
41	person41@private.example	1991-06-15
42	person42@private.example	1992-07-16
43	person43@private.example	1993-08-17
44	person44@private.example	1994-09-18
45	person45@private.example	1995-01-10
46	person46@private.example	1996-02-11
47	person47@private.example	1997-03-12
48	person48@private.example	1998-04-13
49	person49@private.example	1999-05-14
50	person50@private.example	1950-06-15
51	person51@private.example	1951-07-16
52	person52@private.example	1952-08-17
53	person53@private.example	1953-09-18
54	person54@private.example	1954-01-10
55	person55@private.example	1955-02-11
56	person56@private.example	1956-03-12
57	person57@private.example	1957-04-13
58	person58@private.example	1958-05-14
59	person59@private.example	1959-06-15
60	person60@private.example	1960-07-16
61	person61@private.example	1961-08-17
62	person62@private.example	1962-09-18
63	person63@private.example	1963-01-10
64	person64@private.example	1964-02-11
65	person65@private.example	1965-03-12
66	person66@private.example	1966-04-13
67	person67@private.example	1967-05-14
68	person68@private.example	1968-06-15
69	person69@private.example	1969-07-16
70	person70@private.example	1970-08-17
71	person71@private.example	1971-09-18
72	person72@private.example	1972-01-10
73	person73@private.example	1973-02-11
74	person74@private.example	1974-03-12
75	person75@private.example	1975-04-13
76	person76@private.example	1976-05-14
77	person77@private.example	1977-06-15
78	person78@private.example	1978-07-16
79	person79@private.example	1979-08-17
80	person80@private.example	1980-09-18
81	person81@private.example	1981-01-10
82	person82@private.example	1982-02-11
83	person83@private.example	1983-03-12
84	person84@private.example	1984-04-13
85	person85@private.example	1985-05-14
86	person86@private.example	1986-06-15
87	person87@private.example	1987-07-16
88	person88@private.example	1988-08-17
89	person89@private.example	1989-09-18
90	person90@private.example	1990-01-10
91	person91@private.example	1991-02-11
92	person92@private.example	1992-03-12
93	person93@private.example	1993-04-13
94	person94@private.example	1994-05-14
95	person95@private.example	1995-06-15
96	person96@private.example	1996-07-16
97	person97@private.example	1997-08-17
98	person98@private.example	1998-09-18
99	person99@private.example	1999-01-10
100	person100@private.example	1950-02-11
\.

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_email_key UNIQUE (email);

--
-- PostgreSQL database dump complete
--

