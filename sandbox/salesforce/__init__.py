"""A stand-in Salesforce org: log-in, SOQL, describe and writes, in memory."""
