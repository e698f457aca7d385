"""The main job on one machine: server, agent, supervisor, trainee and customer, with windows or without."""
