"""The stand-in for Asana: projects, templates with their jobs, sections, tasks, custom fields and batch."""
