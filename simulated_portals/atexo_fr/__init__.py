"""A simulated Atexo MPE platform: the list that is walked by postback, consultations, lots. All content is invented."""
