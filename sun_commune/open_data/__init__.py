"""The books in forms that other people's programs read: JSON, spreadsheets, beancount, hledger."""
