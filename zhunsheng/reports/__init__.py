"""Official documents: one content, set as PDF and as docx. Knows neither Django nor the people of a site."""
