module auditor/testserver

go 1.19
