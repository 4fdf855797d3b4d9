"""Organisation: companies, places, departments and who pays."""
